/**
 * Which way to put pictures onto a canvas, of three. To draw a picture is next to nothing where there is a graphics card; without one it
 * makes RGB of YUV, and the decoder's own copying into RGB does that in about half the time. But without one both wait for the page's own
 * thread, even in a worker, and that stands still for 0.2 to 0.5 s at a time while the page joins, and whenever the machine is full. So in a
 * worker pictures are converted by the thread itself where they can be (`yuv-to-rgb.ts`): at once, and, when the page has joined and time
 * can be told, for as long as drawing turns out to be dear.
 *
 * No browser says which machine it is on, so it is measured: drawing first, and, only if that is dear, copying. Pure: times in, a way out.
 */

export type PaintWay = 'draw' | 'copy' | 'convert';

/** For so long after its first picture a page is busy with joining. */
const JOINING_MS = 5_000;

/** Of each way; that which a third of so many took at most stands, for whatever else the machine does, as while a page joins, only adds. */
const TRIALS = 15;
/** A picture that is drawn by a graphics card costs the page a tenth of that. */
const DEAR_MS = 0.4;
/** Copying has to be clearly cheaper: a page's clock goes in steps of 0.1 ms or more. */
const WORTH_IT = 0.85;

export class PaintChoice {
  #way: Exclude<PaintWay, 'convert'> = 'draw';
  #decided = false;
  #refused = false;
  #isDear = false;
  #drawMs: number[] = [];
  #copyMs: number[] = [];
  #joiningUntilMs: number | undefined;

  /**
   * For the next picture.
   * @param isConvertible whether this thread may convert it, and has a reason to
   * @param nowMs counts from anywhere
   */
  way(isConvertible: boolean, nowMs: number): PaintWay {
    this.#joiningUntilMs ??= nowMs + JOINING_MS;
    return isConvertible && (this.#isDear || nowMs < this.#joiningUntilMs) ? 'convert' : this.#way;
  }

  /** A picture took `ms` of the page's time. */
  took(way: 'draw' | 'copy', ms: number): void {
    if (this.#decided) return;
    (way === 'draw' ? this.#drawMs : this.#copyMs).push(ms);
    const drawMs = mostlyMs(this.#drawMs);
    const copyMs = mostlyMs(this.#copyMs);
    if (drawMs === undefined) return;
    // A graphics card does not turn up later: that stays true for pictures of another size.
    this.#isDear ||= drawMs >= DEAR_MS;
    if (drawMs < DEAR_MS || this.#refused) this.#decide('draw');
    else if (copyMs === undefined) this.#way = 'copy';
    else this.#decide(copyMs < WORTH_IT * drawMs ? 'copy' : 'draw');
  }

  /** Copying failed: it is left alone from now on. */
  refuse(): void {
    this.#refused = true;
    this.#decide('draw');
  }

  /** Pictures of another size are on their way: whether they are drawn or copied is open again. */
  again(): void {
    this.#drawMs = [];
    this.#copyMs = [];
    this.#decided = this.#refused;
    this.#way = 'draw';
  }

  #decide(way: 'draw' | 'copy'): void {
    this.#way = way;
    this.#decided = true;
  }
}

/** Undefined while there are too few. */
function mostlyMs(timesMs: readonly number[]): number | undefined {
  return timesMs.length < TRIALS ? undefined : timesMs.toSorted((a, b) => a - b)[TRIALS / 3 - 1];
}
