/** Everything the watching page shows, made once a second from the session's state and counters. */
import { type PeerId, shortId } from '@murmuration/shared/lib/ids.ts';
import { Observable, type Readable } from '../session/observable.ts';
import type { WatchSample, WatchSession } from '../session/watch-session.ts';
import type { WatchState } from '../session/watch-state.ts';
import { RateMeter } from './rate-meter.ts';
import {
  bridges,
  children,
  copiesSent,
  type Mesh,
  meshAround,
  type Neighbour,
  type Origin,
  originOfBytes,
  parents,
  peersConnected,
  type Rejection,
  rejections,
  unneededPackets,
} from './swarm-figures.ts';
import { joinWords, mapWords, offenceWords, troubleWords } from './watch-words.ts';

const POLL_MS = 1_000;
const FIGURES_AFTER_MS = 2_000;
/** A picture this much later than it could be is not called live. */
const BEHIND_TOLD_MS = 450;

export interface WatchFigures {
  readonly self: PeerId;
  /** Capture at the host to paint here, by the clocks of both; undefined until measured. */
  readonly delayMs: number | undefined;
  readonly playoutDelayMs: number;
  /** How far behind the live edge, beyond the least playout delay, in ms. */
  readonly behindMs: number;
  readonly width: number;
  readonly height: number;
  readonly painted: number;
  readonly droppedLate: number;
  readonly stalls: number;
  readonly hasAudio: boolean;
  readonly audioRunning: boolean;
  readonly origin: Origin;
  readonly downloadBitsPerSecond: number;
  readonly uploadBitsPerSecond: number;
  readonly givenBytes: number;
  readonly children: readonly Neighbour[];
  /** Copies of the stream that go to them in all. */
  readonly copies: number;
  readonly parents: readonly Neighbour[];
  /** Hops from the host; undefined while detached. */
  readonly depth: number | undefined;
  /** Members of the stream that this page is connected to. */
  readonly links: number;
  /** Members of other streams that this page is connected to. */
  readonly bridges: readonly Neighbour[];
  readonly supernodes: number;
  readonly mesh: Mesh;
  readonly framesConfirmed: number;
  readonly framesUnconfirmed: number;
  readonly framesSkipped: number;
  readonly rejections: readonly Rejection[];
  /** Packets that came twice or too late. */
  readonly unneeded: number;
}

export interface WatchView {
  readonly phase: WatchState['phase'];
  readonly pictured: boolean;
  /** What is shown is as new as it can be. */
  readonly atLiveEdge: boolean;
  /** undefined until the host's beacon was checked; may be empty. */
  readonly title: string | undefined;
  readonly progress: string;
  readonly trouble: string | undefined;
  /** True if nothing more will happen by itself. */
  readonly failed: boolean;
  /** How this page came by its map of the network. */
  readonly map: string;
  /** `abc123 sent a forged frame`, newest first. */
  readonly cuts: readonly string[];
  readonly cutsTotal: number;
  readonly figures: WatchFigures | undefined;
}

interface WatchMeters {
  readonly download: RateMeter;
  readonly upload: RateMeter;
}

export function watchFigures(
  { node, player }: WatchSample,
  meters: WatchMeters,
  nowMs: number,
): WatchFigures {
  const { relay } = node;
  return {
    self: node.peer,
    delayMs: player.captureToPaintMs,
    playoutDelayMs: player.playoutDelayMs,
    behindMs: player.behindMs,
    width: player.width,
    height: player.height,
    painted: player.painted,
    droppedLate: player.droppedLate,
    stalls: player.stalls,
    hasAudio: player.hasAudio,
    audioRunning: player.audioRunning,
    origin: originOfBytes(relay),
    downloadBitsPerSecond: 8 * meters.download.rate(node.bytesIn, nowMs),
    uploadBitsPerSecond: 8 * meters.upload.rate(node.bytesOut, nowMs),
    givenBytes: relay?.payloadBytesOut ?? 0,
    children: children(node),
    copies: copiesSent(node),
    parents: parents(node),
    depth: relay?.depth,
    links: peersConnected(node),
    bridges: bridges(node),
    supernodes: node.supernodesConnected,
    mesh: meshAround(node, 'viewer'),
    framesConfirmed: relay?.framesConfirmed ?? 0,
    framesUnconfirmed: relay?.framesUnconfirmed ?? 0,
    framesSkipped: relay?.framesSkipped ?? 0,
    rejections: rejections(node),
    unneeded: unneededPackets(node),
  };
}

export function watchView(state: WatchState, figures: WatchFigures | undefined, nowMs: number): WatchView {
  return {
    phase: state.phase,
    pictured: state.pictured,
    atLiveEdge:
      state.pictured && state.silentSinceMs === undefined && (figures?.behindMs ?? 0) < BEHIND_TOLD_MS,
    title: state.title,
    progress: joinWords(state),
    trouble: troubleWords(state, nowMs),
    failed: state.error !== undefined,
    cuts: state.cuts.map((cut) => `${shortId(cut.peer)} ${offenceWords(cut.offence)}`),
    map: mapWords(state),
    cutsTotal: state.cutsTotal,
    figures,
  };
}

/**
 * Whether it is time to show figures. They fill half the page, and the first of them would take the time in which the first picture is
 * joined for and decoded; who waits for longer than a join takes sees what there is.
 */
export const figuresAreDue = (pictured: boolean, sinceStartMs: number): boolean =>
  pictured || sinceStartMs >= FIGURES_AFTER_MS;

/** Keeps a view of a session up to date until `stop`. */
export function followWatch(session: WatchSession): { readonly view: Readable<WatchView>; stop(): void } {
  const meters: WatchMeters = { download: new RateMeter(), upload: new RateMeter() };
  let figures: WatchFigures | undefined;
  const view = new Observable(watchView(session.state.value, figures, Date.now()));
  const show = () => view.set(watchView(session.state.value, figures, Date.now()));
  const startedAtMs = performance.now();
  const poll = () => {
    const due =
      figures !== undefined || figuresAreDue(session.state.value.pictured, performance.now() - startedAtMs);
    const sample = due ? session.sample() : undefined;
    figures = sample && watchFigures(sample, meters, Date.now());
    show();
  };
  const timer = setInterval(poll, POLL_MS);
  // The first figures come with the first picture.
  const unsubscribe = session.state.subscribe(() =>
    figures === undefined && session.state.value.pictured ? poll() : show(),
  );
  return {
    view,
    stop() {
      clearInterval(timer);
      unsubscribe();
    },
  };
}
