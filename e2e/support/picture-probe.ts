// What a person at a viewer's page would see, as numbers: put into a page before it loads, it looks at the real pixels of the
// live picture each time one was painted. It knows of the page only the canvas' counter, `data-painted`.

import type { BrowserContext } from 'playwright';
import { readTimeCode } from './time-code.ts';

interface PaintedPicture {
  /** When it was painted, by this page's clock, in ms since 1970. */
  readonly atMs: number;
  /** What its time code says: when the host painted it. */
  readonly codeMs: number;
  readonly frame: number;
}

export interface ProbeReading {
  /** From navigation to the first painted picture that was not blank, in ms of the page's own clock. */
  readonly firstPictureMs: number | undefined;
  /** Pictures looked at. */
  readonly pictures: number;
  /** Of these, those that were blank. */
  readonly blank: number;
  /** Of the others, those that are no whole test pattern: without a time code that can be read, or with a colour bar that is not. */
  readonly unreadable: number;
  readonly torn: number;
  /** Pictures with the time code of the one before: a video element may show the one that it stands on again. */
  readonly repeated: number;
  /** The first few pictures whose time code was earlier than that of the one before, in words. */
  readonly backwards: readonly string[];
  /** The longest time between two pictures, in ms. */
  readonly longestPauseMs: number;
  /** Readable pictures with a new time code, oldest first; at most the last {@link KEPT_MAX}. */
  readonly painted: readonly PaintedPicture[];
}

const KEPT_MAX = 2_000;
/** After the player has said that it painted. */
const ON_PAGE_WITHIN_MS = 200;

interface Probe {
  read(): ProbeReading;
  /** Begins counting anew; the first picture stays. */
  reset(): void;
}

declare global {
  var pictureProbe: Probe | undefined;
}

const script = `(${installProbe})(${readTimeCode}, ${KEPT_MAX}, ${ON_PAGE_WITHIN_MS})`;

/** Gives every page of the context a probe. */
export async function addPictureProbe(context: BrowserContext): Promise<void> {
  await context.addInitScript(script);
}

/** Gives a page of another driver a probe. */
export async function addPictureProbeTo(page: {
  evaluateOnNewDocument(script: string): Promise<unknown>;
}): Promise<void> {
  await page.evaluateOnNewDocument(script);
}

/** Of a page of either driver. */
export async function readProbe(page: {
  evaluate(read: () => ProbeReading): Promise<ProbeReading>;
}): Promise<ProbeReading> {
  return page.evaluate(() => {
    if (!globalThis.pictureProbe) throw new Error('this page has no probe');
    return globalThis.pictureProbe.read();
  });
}

/** Of a page of either driver. */
export async function resetProbe(page: { evaluate(reset: () => void): Promise<void> }): Promise<void> {
  await page.evaluate(() => globalThis.pictureProbe?.reset());
}

/** Refers to nothing outside itself: its text is sent into pages. */
function installProbe(readCode: typeof readTimeCode, keptMax: number, onPageWithinMs: number): void {
  let firstPictureMs: number | undefined;
  let pictures = 0;
  let blank = 0;
  let unreadable = 0;
  let torn = 0;
  let repeated = 0;
  let backwards: string[] = [];
  let longestPauseMs = 0;
  let lastAtMs: number | undefined;
  let painted: { atMs: number; codeMs: number; frame: number }[] = [];

  // What a worker paints on can be drawn, but has no context here.
  const copy = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (!copy) throw new Error('no canvas');

  let isAhead = false;
  /** What a worker has painted comes onto the page a little later, or sooner, than the worker's word of it. */
  let looksAgain: ReturnType<typeof setTimeout> | undefined;
  const look = (canvas: HTMLCanvasElement, untilMs: number): void => {
    clearTimeout(looksAgain);
    const nowMs = performance.now();
    const { width, height } = canvas;
    if (copy.canvas.width !== width || copy.canvas.height !== height)
      Object.assign(copy.canvas, { width, height });
    copy.drawImage(canvas, 0, 0);
    const pixels = copy.getImageData(0, 0, width, Math.ceil(width / 20)).data;
    const isEmpty = isBlank(pixels);
    const code = isEmpty ? undefined : readCode(pixels, width);
    const before = painted.at(-1);
    const isRepeated = code !== undefined && before !== undefined && code.ms === before.codeMs;
    if ((isEmpty || isRepeated) && nowMs < untilMs) {
      looksAgain = setTimeout(() => look(canvas, untilMs), 1);
      return;
    }
    // One picture may have been on the page before the word of it, and was seen with the word of the one before.
    const wasAhead = isAhead;
    isAhead = isRepeated && !wasAhead;
    if (isAhead) return;
    pictures++;
    if (lastAtMs !== undefined) longestPauseMs = Math.max(longestPauseMs, nowMs - lastAtMs);
    lastAtMs = nowMs;
    if (isEmpty) {
      blank++;
      return;
    }
    firstPictureMs ??= nowMs;
    if (isTorn(width, height)) torn++;
    if (!code) unreadable++;
    else if (isRepeated) repeated++;
    else if (before && code.ms < before.codeMs) {
      const name = (frame: number, ms: number) => `frame ${frame}, painted at ${ms} ms`;
      backwards.push(`${name(code.frame, code.ms)}, after ${name(before.frame, before.codeMs)}`);
      backwards.splice(5);
    } else painted.push({ atMs: performance.timeOrigin + nowMs, codeMs: code.ms, frame: code.frame });
    if (painted.length > keptMax) painted = painted.slice(-keptMax);
  };
  /** All of one shade, which no picture of a stream is at its top. */
  const isBlank = (pixels: Uint8ClampedArray): boolean => {
    let least = 255;
    let most = 0;
    for (let i = 1; i < pixels.length; i += 16) {
      least = Math.min(least, pixels[i] ?? 0);
      most = Math.max(most, pixels[i] ?? 0);
    }
    return most - least < 16;
  };
  /** The seven bars below the time code stand still, so any picture that was decoded from the wrong bytes shows there in time. */
  const isTorn = (width: number, height: number): boolean => {
    const bars = [0xc0c0c0, 0xc0c000, 0x00c0c0, 0x00c000, 0xc000c0, 0xc00000, 0x0000c0];
    const barWidth = width / bars.length;
    for (const y of [0.15, 0.3, 0.45, 0.55]) {
      const row = copy.getImageData(0, Math.round(height * y), width, 1).data;
      for (const [i, colour] of bars.entries()) {
        for (let x = Math.ceil((i + 0.2) * barWidth); x < (i + 0.8) * barWidth; x += 4) {
          const off = (shift: number, at: number) =>
            Math.abs(((colour >> shift) & 255) - (row[x * 4 + at] ?? 0));
          if (Math.max(off(16, 0), off(8, 1), off(0, 2)) > 48) return true;
        }
      }
    }
    return false;
  };
  // Called right after the script that painted has run, and so before anything else is painted.
  const observer = new MutationObserver((changes) => {
    const canvas = changes.at(-1)?.target as HTMLCanvasElement;
    if (Number(canvas.dataset.painted) > 0) look(canvas, performance.now() + onPageWithinMs);
  });
  observer.observe(document, { subtree: true, attributes: true, attributeFilter: ['data-painted'] });

  globalThis.pictureProbe = {
    read: () => ({
      firstPictureMs,
      pictures,
      blank,
      unreadable,
      torn,
      repeated,
      backwards,
      longestPauseMs,
      painted,
    }),
    reset() {
      pictures = blank = unreadable = torn = repeated = longestPauseMs = 0;
      backwards = [];
      lastAtMs = undefined;
      painted = [];
    },
  };
}
