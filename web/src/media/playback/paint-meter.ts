/** What was painted: how many pictures, how long after their capture, and how often they stood still. Pure: times in, counts out. */

/** Beyond its own duration a picture may stand so long before that is called a stall. */
export const STALL_MS = 200;

export interface Paint {
  /** When, by whatever clock. */
  readonly nowMs: number;
  /** How long the picture is meant to stand. */
  readonly durationMs: number;
  /** From the host's capture to now. */
  readonly sinceCaptureMs: number;
}

export class PaintMeter {
  #count = 0;
  #stalls = 0;
  #last: Paint | undefined;
  /** Undefined after a rest: a picture stood still then because it was meant to. */
  #overdueMs: number | undefined;

  get count(): number {
    return this.#count;
  }

  get stalls(): number {
    return this.#stalls;
  }

  /** Of the latest picture; right only if the clocks of both ends agree. */
  get sinceCaptureMs(): number | undefined {
    return this.#last?.sinceCaptureMs;
  }

  painted(paint: Paint): void {
    if (this.#overdueMs !== undefined && paint.nowMs > this.#overdueMs) this.#stalls++;
    this.#overdueMs = paint.nowMs + paint.durationMs + STALL_MS;
    this.#last = paint;
    this.#count++;
  }

  /** Nothing is painted for a while, on purpose. */
  rest(): void {
    this.#overdueMs = undefined;
  }
}
