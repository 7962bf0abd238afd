/**
 * Which way to put pictures onto a canvas. Where there is no graphics card the browser's two ways wait for the page's own thread, and
 * that stands still for 0.2 to 0.5 s at a time while it joins: in the first seconds pictures are converted by this thread itself where they
 * can be (`yuv-to-rgb.ts`), which costs it more.
 *
 * Of the other two, that which costs a page less. To draw a picture is next to nothing where there is a graphics card;
 * without one it makes RGB of YUV, and the decoder's own copying into RGB does that in about half the time. No browser says which
 * machine it is on, so it is measured: drawing first, and, only if that is dear, copying. Pure: times in, a way out.
 */

export type PaintWay = 'draw' | 'copy';

/** For so long after its first picture a page is busy with joining. */
const JOINING_MS = 5_000;

/** Of each way; that which a third of so many took at most stands, for whatever else the machine does, as while a page joins, only adds. */
const TRIALS = 15;
/** A picture that is drawn by a graphics card costs the page a tenth of that. */
const DEAR_MS = 0.4;
/** Copying has to be clearly cheaper: a page's clock goes in steps of 0.1 ms or more. */
const WORTH_IT = 0.85;

export class PaintChoice {
  #way: PaintWay = 'draw';
  #decided = false;
  #refused = false;
  #drawMs: number[] = [];
  #copyMs: number[] = [];
  #joiningUntilMs: number | undefined;

  /** For the next picture. */
  get way(): PaintWay {
    return this.#way;
  }

  /** Whether the page's own thread may well keep a picture waiting. @param nowMs counts from anywhere */
  mayWait(nowMs: number): boolean {
    this.#joiningUntilMs ??= nowMs + JOINING_MS;
    return nowMs < this.#joiningUntilMs;
  }

  /** A picture took `ms` of the page's time. */
  took(way: PaintWay, ms: number): void {
    if (this.#decided) return;
    (way === 'draw' ? this.#drawMs : this.#copyMs).push(ms);
    const drawMs = mostlyMs(this.#drawMs);
    const copyMs = mostlyMs(this.#copyMs);
    if (drawMs === undefined) return;
    if (drawMs < DEAR_MS || this.#refused) this.#decide('draw');
    else if (copyMs === undefined) this.#way = 'copy';
    else this.#decide(copyMs < WORTH_IT * drawMs ? 'copy' : 'draw');
  }

  /** Copying failed: it is left alone from now on. */
  refuse(): void {
    this.#refused = true;
    this.#decide('draw');
  }

  /** Pictures of another size are on their way: which way is cheaper is open again. */
  again(): void {
    this.#drawMs = [];
    this.#copyMs = [];
    this.#decided = this.#refused;
    this.#way = 'draw';
  }

  #decide(way: PaintWay): void {
    this.#way = way;
    this.#decided = true;
  }
}

/** Undefined while there are too few. */
function mostlyMs(timesMs: readonly number[]): number | undefined {
  return timesMs.length < TRIALS ? undefined : timesMs.toSorted((a, b) => a - b)[TRIALS / 3 - 1];
}
