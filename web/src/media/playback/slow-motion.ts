/**
 * Pictures play at half their speed while nothing new comes in, so that those that wait last until it does: a picture that stands still
 * disturbs more than slow ones. What that put off is made up for a tenth faster afterwards. Only where no sound is heard, from which pictures
 * would part. Adaptive media playout: Kalman, Steinbach, Girod, IEEE Trans. Circuits and Systems for Video Technology 14 (6), 2004. Pure; all
 * times in ms, of one clock.
 */

/** Beyond the time until the next one should have come. A pause that is usual in any network asks for nothing. */
const PAUSE_MS = 120;
/** So much longer than its time a picture then stands, as a share of that. */
const STRETCH = 1;
/** So much shorter, to make up for it. */
const CATCH_UP = 0.1;
/** If all is due so much sooner at once, somebody went to the live edge. */
const JUMP_MS = 50;

export class SlowMotion {
  #cameAtMs: number | undefined;
  #behindMs = 0;
  #offsetMs: number | undefined;
  #allowed = true;

  /** By how much later than due pictures are shown. */
  get behindMs(): number {
    return this.#behindMs;
  }

  /** @param allowed false while sound is heard: pictures are shown with it at once */
  allow(allowed: boolean): void {
    this.#allowed = allowed;
    if (!allowed) this.#behindMs = 0;
  }

  /** Pictures are due at their presentation time plus so much. If that is later than before, they are less behind. */
  due(offsetMs: number): void {
    const laterMs = offsetMs - (this.#offsetMs ?? offsetMs);
    this.#offsetMs = offsetMs;
    if (laterMs < -JUMP_MS) this.#behindMs = 0;
    else this.#behindMs = Math.max(0, this.#behindMs - Math.max(0, laterMs));
  }

  /** An encoded picture has come. */
  came(nowMs: number): void {
    this.#cameAtMs = nowMs;
  }

  /** A picture is shown now that is meant to stand for so long. */
  shown(nowMs: number, durationMs: number): void {
    const isMissing = this.#cameAtMs !== undefined && nowMs - this.#cameAtMs > durationMs + PAUSE_MS;
    if (isMissing && this.#allowed) this.#behindMs += STRETCH * durationMs;
    else this.#behindMs = Math.max(0, this.#behindMs - CATCH_UP * durationMs);
  }

  /** Another timeline begins, or nobody has looked for a while. */
  restart(): void {
    this.#cameAtMs = undefined;
    this.#behindMs = 0;
    this.#offsetMs = undefined;
  }
}
