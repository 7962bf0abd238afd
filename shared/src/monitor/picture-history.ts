/**
 * The newest picture, and those of a while before: an oldest one and the changes since. Bounded by age and by the number of changes; what
 * is too old is folded into the oldest picture. Both ends of a feed keep one.
 */
import type { PictureChange } from './feed-messages.ts';
import { pictureKept } from './feed-messages.ts';
import { Picture, sizeOf } from './picture.ts';

export class PictureHistory {
  readonly #limits: { readonly ageMaxMs: number; readonly changesMax: number };
  #oldest = new Picture();
  #newest = new Picture();
  #changes: PictureChange[] = [];
  #size = 0;
  #fromMs = Number.NaN;
  #toMs = Number.NaN;

  constructor(limits: { readonly ageMaxMs: number; readonly changesMax: number } = pictureKept) {
    this.#limits = limits;
  }

  /** The newest picture. It goes on changing. */
  get newest(): Picture {
    return this.#newest;
  }

  /** The times of the oldest and of the newest picture, ms since 1970; NaN without any. */
  get fromMs(): number {
    return this.#fromMs;
  }

  get toMs(): number {
    return this.#toMs;
  }

  get changes(): readonly PictureChange[] {
    return this.#changes;
  }

  /** The oldest picture as a change of nothing: with the {@link changes} after it, all that is held. */
  oldestAsChange(): PictureChange {
    return this.#oldest.asChange(this.#fromMs);
  }

  /** Takes the next change, or one more part of it. A clock that was set back ends what was before it. */
  push(change: PictureChange): void {
    this.#newest.apply(change);
    if (Number.isNaN(this.#fromMs) || change.atMs < this.#toMs || change.atMs === this.#fromMs)
      this.#restart(change.atMs);
    else {
      this.#changes.push(change);
      this.#size += sizeOf(change);
    }
    this.#toMs = change.atMs;
    this.#fold();
  }

  /** A look without any change: time went on. */
  pass(nowMs: number): void {
    if (nowMs < this.#toMs) return;
    // A network without anybody is a picture, too.
    if (Number.isNaN(this.#fromMs)) this.#restart(nowMs);
    this.#toMs = nowMs;
    this.#fold();
  }

  /** The picture of a moment; the oldest or the newest one, if it is out of bounds. */
  at(timeMs: number): Picture {
    const picture = this.#oldest.copy();
    // Of the oldest moment only some parts may have been folded.
    const untilMs = Math.max(timeMs, this.#fromMs);
    for (const change of this.#changes) {
      if (change.atMs > untilMs) break;
      picture.apply(change);
    }
    return picture;
  }

  #restart(atMs: number): void {
    this.#oldest = this.#newest.copy();
    this.#changes = [];
    this.#size = 0;
    this.#fromMs = atMs;
  }

  #fold(): void {
    let folded = 0;
    for (const change of this.#changes) {
      const isKept =
        this.#toMs - this.#fromMs <= this.#limits.ageMaxMs && this.#size <= this.#limits.changesMax;
      if (isKept) break;
      this.#oldest.apply(change);
      this.#fromMs = change.atMs;
      this.#size -= sizeOf(change);
      folded++;
    }
    if (folded > 0) this.#changes.splice(0, folded);
    // Where nothing changed for a long time, the oldest picture is that of the whole time.
    this.#fromMs = Math.max(
      this.#fromMs,
      Math.min(this.#toMs - this.#limits.ageMaxMs, this.#changes[0]?.atMs ?? this.#toMs),
    );
  }
}
