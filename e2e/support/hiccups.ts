// When a page stood still, and what of it: put into a page before it loads, it notes each time that something which comes many times a
// second did not come for too long. It knows of the page the browser's encoders, and what is given to the worker of the pictures and heard
// from it (`picture-messages.ts`).

import type { Page } from 'playwright';

/**
 * What did not come: a tick of the page's own timer, so that the page or the whole machine stood still; a picture into the encoder and out
 * of it; one into the decoder, which is when it came in; one on the canvas. `task` is the other way round: one script ran for so long.
 */
export type HiccupKind = 'timer' | 'task' | 'encoding' | 'encoded' | 'decoding' | 'painted';

export interface Hiccup {
  readonly kind: HiccupKind;
  /** When it had come last, in ms since 1970. */
  readonly fromMs: number;
  readonly forMs: number;
  /** Of pictures into the decoder since the last one that was painted: how much later than the fastest ever the latest came, in ms. */
  readonly lateMs: number;
  /** The playout delay, beyond the fastest ever, in ms; 0 while there is none. */
  readonly delayMs: number;
}

declare global {
  var takeHiccups: (() => Hiccup[]) | undefined;
}

/** A picture may stand for its own 33 ms and 200 more before the player calls that a stall. */
const STOOD_STILL_MS = 233;
/** Of everything else, shorter ones are told: they add up. */
const NOTED_FROM_MS = 100;
const TICK_MS = 50;
/** Between two looks at a page. */
const KEPT_MAX = 1_000;

/** Call before the page is opened. */
export async function noteHiccups(page: Page): Promise<void> {
  await page.addInitScript(install, {
    stoodStillMs: STOOD_STILL_MS,
    notedFromMs: NOTED_FROM_MS,
    tickMs: TICK_MS,
    keptMax: KEPT_MAX,
  });
}

/** Those since the last call, in the order in which they ended. */
export async function readHiccups(page: Page): Promise<Hiccup[]> {
  return page.evaluate(() => {
    if (!globalThis.takeHiccups) throw new Error('this page notes no hiccups');
    return globalThis.takeHiccups();
  });
}

/** Refers to nothing outside itself: its text is sent into pages. */
function install(limits: {
  stoodStillMs: number;
  notedFromMs: number;
  tickMs: number;
  keptMax: number;
}): void {
  let kept: Hiccup[] = [];
  let fastestMs = Number.POSITIVE_INFINITY;
  let lateMs = 0;
  let offsetMs: number | undefined;
  const note = (kind: HiccupKind, startedAt: number, forMs: number): void => {
    const delayMs = offsetMs === undefined ? 0 : offsetMs - performance.timeOrigin - fastestMs;
    if (kept.length < limits.keptMax)
      kept.push({ kind, fromMs: performance.timeOrigin + startedAt, forMs, lateMs, delayMs });
  };
  /** Returns what to call each time that it comes. */
  const series = (kind: HiccupKind, tooLongMs: number): ((nowMs?: number) => void) => {
    let lastMs: number | undefined;
    return (nowMs = performance.now()) => {
      if (lastMs !== undefined && nowMs - lastMs > tooLongMs) note(kind, lastMs, nowMs - lastMs);
      lastMs = nowMs;
    };
  };

  const ticked = series('timer', limits.tickMs + limits.notedFromMs);
  setInterval(ticked, limits.tickMs);
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      if (duration > limits.notedFromMs) note('task', startTime, duration);
  }).observe({ type: 'longtask' });

  const painted = series('painted', limits.stoodStillMs);
  const heard = new WeakSet<Worker>();
  const listen = (worker: Worker): void => {
    if (heard.has(worker)) return;
    heard.add(worker);
    worker.addEventListener('message', ({ data }: MessageEvent<{ type: string; atMs: number }>) => {
      if (data.type !== 'painted') return;
      painted(data.atMs - performance.timeOrigin);
      lateMs = 0;
    });
  };
  const decoding = series('decoding', limits.notedFromMs);
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (this: Worker, message: unknown, ...rest: never[]) {
    const order = message as { readonly type?: string; readonly offsetMs?: number } | undefined;
    if (order?.type === 'due') offsetMs = order.offsetMs;
    const packet = (message as { readonly packet?: { readonly ptsUs: number } } | undefined)?.packet;
    if (packet) {
      listen(this);
      decoding();
      const tookMs = performance.now() - packet.ptsUs / 1_000;
      fastestMs = Math.min(fastestMs, tookMs);
      lateMs = Math.max(lateMs, tookMs - fastestMs);
    }
    return (post as (...all: unknown[]) => void).call(this, message, ...rest);
  };
  const encoding = series('encoding', limits.notedFromMs);
  const encoded = series('encoded', limits.notedFromMs);
  const encode = VideoEncoder.prototype.encode;
  VideoEncoder.prototype.encode = function (frame, options) {
    encoding();
    return encode.call(this, frame, options);
  };
  globalThis.VideoEncoder = class extends VideoEncoder {
    constructor(init: VideoEncoderInit) {
      super({
        ...init,
        output: (chunk, metadata) => {
          encoded();
          init.output(chunk, metadata);
        },
      });
    }
  };
  globalThis.takeHiccups = () => {
    const taken = kept;
    kept = [];
    return taken;
  };
}
