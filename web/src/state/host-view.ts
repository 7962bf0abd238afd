/** Everything the hosting page shows, made once a second from the session's state and counters. */
import type { HostSample, HostSession, HostState } from '../session/host-session.ts';
import { Observable, type Readable } from '../session/observable.ts';
import type { LoweredRate } from '../session/on-air.ts';
import { RateMeter } from './rate-meter.ts';
import { readableBitRate } from './readable-numbers.ts';
import {
  bridges,
  children,
  copiesSent,
  type Mesh,
  meshAround,
  type Neighbour,
  peersConnected,
  type Rejection,
  rejections,
  viewersKnown,
} from './swarm-figures.ts';

const POLL_MS = 1_000;

export interface HostFigures {
  readonly viewers: number;
  readonly children: readonly Neighbour[];
  /** Copies of the stream that go to them in all. */
  readonly copies: number;
  readonly uploadBitsPerSecond: number;
  readonly uploadedBytes: number;
  /** Of the encoded stream, as measured. */
  readonly bitsPerSecond: number;
  /** Pixels of what is encoded now; 0 × 0 while there is no source. */
  readonly width: number;
  readonly height: number;
  readonly videoFrames: number;
  readonly keyFrames: number;
  /** Pictures that the encoder was too busy for. */
  readonly dropped: number;
  /** Members of the stream that this page is connected to. */
  readonly links: number;
  /** Members of other streams that this page is connected to. */
  readonly bridges: readonly Neighbour[];
  readonly supernodes: number;
  readonly mesh: Mesh;
  readonly rejections: readonly Rejection[];
  readonly liveMs: number;
}

export interface HostView {
  readonly state: HostState;
  /** undefined unless live. */
  readonly figures: HostFigures | undefined;
  /** What works less well than it should, and what that means; the most important first. */
  readonly notices: readonly string[];
}

interface HostMeters {
  readonly upload: RateMeter;
  readonly source: RateMeter;
}

export function hostFigures(
  { node, source, publishedBytes }: HostSample,
  meters: HostMeters,
  liveSinceMs: number,
  nowMs: number,
): HostFigures {
  return {
    viewers: viewersKnown(node),
    children: children(node),
    copies: copiesSent(node),
    uploadBitsPerSecond: 8 * meters.upload.rate(node.bytesOut, nowMs),
    uploadedBytes: node.bytesOut,
    bitsPerSecond: 8 * meters.source.rate(publishedBytes, nowMs),
    width: source?.width ?? 0,
    height: source?.height ?? 0,
    videoFrames: source?.videoFrames ?? 0,
    keyFrames: source?.keyFrames ?? 0,
    dropped: source?.dropped ?? 0,
    links: peersConnected(node),
    bridges: bridges(node),
    supernodes: node.supernodesConnected,
    mesh: meshAround(node, 'host'),
    rejections: rejections(node),
    liveMs: nowMs - liveSinceMs,
  };
}

export function hostView(state: HostState, figures: HostFigures | undefined): HostView {
  const notices = [
    ...(figures ? liveNotices(state, figures) : []),
    ...(state.source?.info.note === undefined ? [] : [state.source.info.note]),
  ];
  return { state, figures, notices };
}

function liveNotices(state: HostState, figures: HostFigures): string[] {
  const { lowered, linkKept } = state;
  return [
    ...(figures.supernodes === 0
      ? [
          'The supernode is out of reach. Those who watch go on watching; new viewers can join when it is back.',
        ]
      : []),
    ...(lowered ? [loweredWords(lowered)] : []),
    ...(linkKept
      ? []
      : [
          'The browser keeps no data for this page, so your link changes with your next visit. Allow site data to keep it.',
        ]),
  ];
}

/** What goes out instead of what was chosen, and why. */
export function loweredWords({ chosen, target, fixed }: LoweredRate): string {
  return fixed
    ? `Your viewers’ connections cannot carry this file, which goes out untouched at ${readableBitRate(chosen)}: some pictures will stand still. Choose a quality below ${readableBitRate(target)}, and it is encoded anew.`
    : `Your viewers’ connections, and yours, cannot carry more, so the quality was lowered: ${readableBitRate(target)} go out instead of ${readableBitRate(chosen)}. It rises by itself when there is room.`;
}

/** Keeps a view of a session up to date until `stop`. */
export function followHost(session: HostSession): { readonly view: Readable<HostView>; stop(): void } {
  let meters: HostMeters = { upload: new RateMeter(), source: new RateMeter() };
  let figures: HostFigures | undefined;
  const view = new Observable(hostView(session.state.value, figures));
  const show = () => {
    if (session.state.value.phase !== 'live') figures = undefined;
    view.set(hostView(session.state.value, figures));
  };
  const poll = () => {
    const sample = session.sample();
    const { liveSinceMs } = session.state.value;
    if (sample && liveSinceMs !== undefined) figures = hostFigures(sample, meters, liveSinceMs, Date.now());
    else meters = { upload: new RateMeter(), source: new RateMeter() };
    show();
  };
  const timer = setInterval(poll, POLL_MS);
  const unsubscribe = session.state.subscribe(show);
  return {
    view,
    stop() {
      clearInterval(timer);
      unsubscribe();
    },
  };
}
