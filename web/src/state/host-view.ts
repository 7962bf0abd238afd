/** Everything the hosting page shows, made twice a second from the session's state and counters. */
import type { HostSample, HostSession, HostState } from '../session/host-session.ts';
import { Observable, type Readable } from '../session/observable.ts';
import { RateMeter } from './rate-meter.ts';
import {
  bridges,
  children,
  copiesSent,
  type Neighbour,
  peersConnected,
  type Rejection,
  rejections,
  viewersKnown,
} from './swarm-figures.ts';

const POLL_MS = 500;

export interface HostFigures {
  readonly viewers: number;
  readonly children: readonly Neighbour[];
  /** Copies of the stream that go to them in all. */
  readonly copies: number;
  readonly uploadBitsPerSecond: number;
  readonly uploadedBytes: number;
  /** Of the encoded stream, as measured. */
  readonly bitsPerSecond: number;
  readonly videoFrames: number;
  readonly keyFrames: number;
  /** Members of the stream that this page is connected to. */
  readonly links: number;
  /** Members of other streams that this page is connected to. */
  readonly bridges: readonly Neighbour[];
  readonly supernodes: number;
  readonly rejections: readonly Rejection[];
  readonly liveMs: number;
}

export interface HostView {
  readonly state: HostState;
  /** undefined unless live. */
  readonly figures: HostFigures | undefined;
  /** Something that works less well than it should while live, and what that means. */
  readonly notice: string | undefined;
}

interface HostMeters {
  readonly upload: RateMeter;
  readonly source: RateMeter;
}

export function hostFigures(
  { node, source }: HostSample,
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
    bitsPerSecond: 8 * meters.source.rate(source.bytes, nowMs),
    videoFrames: source.videoFrames,
    keyFrames: source.keyFrames,
    links: peersConnected(node),
    bridges: bridges(node),
    supernodes: node.supernodesConnected,
    rejections: rejections(node),
    liveMs: nowMs - liveSinceMs,
  };
}

export function hostView(state: HostState, figures: HostFigures | undefined): HostView {
  return { state, figures, notice: figures && liveNotice(state, figures) };
}

function liveNotice(state: HostState, figures: HostFigures): string | undefined {
  if (figures.supernodes === 0) {
    return 'The supernode is out of reach. Those who watch go on watching; new viewers can join when it is back.';
  }
  if (!state.linkKept) {
    return 'The browser keeps no data for this page, so your link changes with your next visit. Allow site data to keep it.';
  }
  return undefined;
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
