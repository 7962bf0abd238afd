/** What a run is measured by, and how the figures are taken from the nodes over a window of time. */
import { Channel } from '../src/node/ports.ts';
import type { SimHost, SimViewer } from './sim-node.ts';
import type { Simulation } from './simulation.ts';

/** A viewer owes nothing for its first seconds and nothing for its last: it counts as present in between. */
const SETTLE_MS = 5_000;
const FAREWELL_MS = 2_000;

/** All over the measured window; infinity where something never happened. */
export interface Figures {
  /** Delivered / expected, over (message, honest viewer present when it was published). */
  readonly deliveredRatio: number;
  /** Messages given to an application that the host never published. */
  readonly forgedAccepted: number;
  /** Payload bytes of frames received / payload bytes delivered, over honest viewers. */
  readonly redundancy: number;
  /** Publish to delivery, over the same pairs as `deliveredRatio`; a missing one counts as infinitely late. */
  readonly deliveredP50Ms: number;
  readonly deliveredP99Ms: number;
  /** Frames delivered without the votes asked for / frames delivered. */
  readonly unconfirmedRatio: number;
  /** From the last change of membership until all replicas agree. */
  readonly convergeMs: number;
  readonly depthMax: number;
  /** Payload sent / payload published: the viewer that sends most, and the host. */
  readonly uploadMax: number;
  readonly hostUploadMean: number;
  /** The busiest line of a host or viewer: wire bytes sent / what it can send. */
  readonly lineUseMax: number;
  /** Wire bytes of the control channel, and of acknowledgements, / all wire bytes, over host and viewers. */
  readonly controlRatio: number;
  readonly ackRatio: number;
  /** Start to first message, over all viewers that ever joined. */
  readonly firstMessageP50Ms: number;
  readonly firstMessageMaxMs: number;
  /** Runs of frames that viewers gave up. */
  readonly gaps: number;
  /** Viewers that left or crashed; frames that hostile ones corrupted; peers that honest ones cut off. */
  readonly departed: number;
  readonly framesTampered: number;
  readonly peersCut: number;
  /** Breaches of order, exactly once, and of caps. */
  readonly invariantsBroken: number;
}

interface Baseline {
  readonly payloadIn: number;
  readonly payloadOut: number;
  readonly delivered: number;
  readonly unconfirmed: number;
  readonly confirmed: number;
  readonly wireOut: number;
  readonly controlOut: number;
  readonly ackOut: number;
}

const NOTHING: Baseline = {
  payloadIn: 0,
  payloadOut: 0,
  delivered: 0,
  unconfirmed: 0,
  confirmed: 0,
  wireOut: 0,
  controlOut: 0,
  ackOut: 0,
};

function baselineOf(peer: SimHost | SimViewer, delivered: number): Baseline {
  const { traffic } = peer;
  const relay = peer.snapshot().relay;
  return {
    payloadIn: traffic.framePayloadBytesIn,
    payloadOut: traffic.framePayloadBytesOut,
    delivered,
    unconfirmed: relay?.framesUnconfirmed ?? 0,
    confirmed: relay?.framesConfirmed ?? 0,
    wireOut: traffic.wireBytesOut,
    controlOut: traffic.out[Channel.control].wireBytes,
    ackOut: traffic.ackBytesOut,
  };
}

const since = (before: Baseline, after: Baseline): Baseline => ({
  payloadIn: after.payloadIn - before.payloadIn,
  payloadOut: after.payloadOut - before.payloadOut,
  delivered: after.delivered - before.delivered,
  unconfirmed: after.unconfirmed - before.unconfirmed,
  confirmed: after.confirmed - before.confirmed,
  wireOut: after.wireOut - before.wireOut,
  controlOut: after.controlOut - before.controlOut,
  ackOut: after.ackOut - before.ackOut,
});

/** Takes the counters at both ends of the measured window. */
export class MeasuredWindow {
  readonly #simulation: Simulation;
  readonly #fromMs: number;
  readonly #before = new Map<SimViewer, Baseline>();
  readonly #hostBefore: Baseline;
  #during = new Map<SimViewer, Baseline>();
  #hostDuring = NOTHING;
  #untilMs = 0;

  /** Opens the window now. */
  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#fromMs = simulation.clock.nowMs;
    this.#hostBefore = baselineOf(simulation.host, 0);
    for (const viewer of simulation.viewers) {
      this.#before.set(viewer, baselineOf(viewer, viewer.viewing.bytes));
    }
  }

  /** Closes it now; what is still on its way may arrive until {@link figures} is called. */
  close(): void {
    const { clock, host, viewers } = this.#simulation;
    this.#untilMs = clock.nowMs;
    this.#hostDuring = since(this.#hostBefore, baselineOf(host, 0));
    this.#during = new Map(
      viewers.map((viewer) => [
        viewer,
        since(this.#before.get(viewer) ?? NOTHING, baselineOf(viewer, viewer.viewing.bytes)),
      ]),
    );
  }

  figures(depthMax: number): Figures {
    const { source, invariants, convergence, viewers } = this.#simulation;
    const published = source.bytesBetween(source.firstSince(this.#fromMs), source.firstSince(this.#untilMs));
    const delays = this.#delays();
    const honest = { ...NOTHING } as { -readonly [K in keyof Baseline]: number };
    let uploadMost = 0;
    let wireMost = this.#hostDuring.wireOut;
    for (const [viewer, during] of this.#during) {
      uploadMost = Math.max(uploadMost, during.payloadOut);
      wireMost = Math.max(wireMost, during.wireOut);
      if (viewer.hostile) continue;
      for (const key of Object.keys(honest) as (keyof Baseline)[]) honest[key] += during[key];
    }
    const wireOut = honest.wireOut + this.#hostDuring.wireOut;
    const firstMs = viewers
      .map(({ viewing, joinedAtMs }) => (viewing.firstAtMs ?? Number.POSITIVE_INFINITY) - joinedAtMs)
      .sort((a, b) => a - b);
    return {
      deliveredRatio: ratio(delays.delivered, delays.sorted.length),
      forgedAccepted: invariants.count('forged'),
      redundancy: honest.payloadIn / honest.delivered,
      deliveredP50Ms: quantile(delays.sorted, 0.5),
      deliveredP99Ms: quantile(delays.sorted, 0.99),
      unconfirmedRatio: ratio(honest.unconfirmed, honest.unconfirmed + honest.confirmed),
      convergeMs: convergence.convergeMs,
      depthMax,
      uploadMax: uploadMost / published,
      hostUploadMean: this.#hostDuring.payloadOut / published,
      lineUseMax: wireMost / this.#lineBytes(),
      controlRatio: ratio(honest.controlOut + this.#hostDuring.controlOut, wireOut),
      ackRatio: ratio(honest.ackOut + this.#hostDuring.ackOut, wireOut),
      firstMessageP50Ms: quantile(firstMs, 0.5),
      firstMessageMaxMs: quantile(firstMs, 1),
      gaps: viewers.reduce((sum, { viewing }) => sum + viewing.gaps, 0),
      departed: viewers.filter(({ alive }) => !alive).length,
      framesTampered: this.#simulation.tamperers.reduce((sum, { tampered }) => sum + tampered, 0),
      peersCut: viewers.reduce((sum, { hostile, peersCut }) => sum + (hostile ? 0 : peersCut), 0),
      invariantsBroken: invariants.count('order') + invariants.count('once') + invariants.count('bounds'),
    };
  }

  /** What one line can send while the window is open. */
  #lineBytes(): number {
    const { uploadBitsPerSecond } = this.#simulation.settings.peerBandwidth;
    return ((this.#untilMs - this.#fromMs) * uploadBitsPerSecond) / 8_000;
  }

  /** Of every pair that should have been delivered; infinity for those that were not. */
  #delays(): { sorted: Float32Array; delivered: number } {
    const { viewers } = this.#simulation;
    const spans = viewers
      .filter(({ hostile }) => !hostile)
      .map((viewer) => ({ viewer, ...this.#presence(viewer) }))
      .filter(({ first, end }) => end > first);
    const sorted = new Float32Array(spans.reduce((sum, { first, end }) => sum + end - first, 0));
    let at = 0;
    let delivered = 0;
    for (const { viewer, first, end } of spans) {
      for (let number = first; number < end; number++) {
        const delayMs = viewer.viewing.delayMs(number);
        if (!Number.isNaN(delayMs)) delivered++;
        sorted[at++] = Number.isNaN(delayMs) ? Number.POSITIVE_INFINITY : delayMs;
      }
    }
    return { sorted: sorted.sort(), delivered };
  }

  /** The messages of the window that a viewer should have been given, as [first, end). */
  #presence(viewer: SimViewer): { first: number; end: number } {
    const { source } = this.#simulation;
    const untilMs = Math.min(this.#untilMs, (viewer.leftAtMs ?? Number.POSITIVE_INFINITY) - FAREWELL_MS);
    return {
      first: source.firstSince(Math.max(this.#fromMs, viewer.joinedAtMs + SETTLE_MS)),
      end: source.firstSince(untilMs),
    };
  }
}

/** NaN for an empty measurement, which meets no target. */
const ratio = (part: number, whole: number): number => (whole === 0 ? Number.NaN : part / whole);

/** The smallest value that at least that share of all values does not exceed. */
function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}
