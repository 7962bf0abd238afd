/**
 * Decoded pictures in the order in which they are shown. Every picture that goes in is either handed out or closed here: an
 * open one holds memory of the decoder. Pure.
 */

export interface Picture {
  /** Presentation time in µs. */
  readonly ptsUs: number;
  close(): void;
}

export class PictureQueue<P extends Picture> {
  #pictures: P[] = [];
  #lastTakenUs = Number.NEGATIVE_INFINITY;
  #dropped = 0;

  get length(): number {
    return this.#pictures.length;
  }

  /** Presentation time of the first one in µs; undefined if there is none. */
  get firstUs(): number | undefined {
    return this.#pictures[0]?.ptsUs;
  }

  /** Pictures closed because a later one was due, or had been shown, before they could be. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a picture over. Decoders may deliver out of order when asked for low latency. */
  add(picture: P): void {
    if (picture.ptsUs <= this.#lastTakenUs) {
      this.#drop(picture);
      return;
    }
    let at = this.#pictures.length;
    while (at > 0 && (this.#pictures[at - 1]?.ptsUs ?? 0) > picture.ptsUs) at--;
    this.#pictures.splice(at, 0, picture);
  }

  /** Closes every picture whose successor is due as well. */
  dropOvertaken(isDue: (ptsUs: number) => boolean): void {
    for (let next = this.#pictures[1]; next && isDue(next.ptsUs); next = this.#pictures[1]) {
      const overtaken = this.#pictures.shift();
      if (overtaken) this.#drop(overtaken);
    }
  }

  /** The newest picture that is due, which then belongs to the caller; those before it are closed. */
  takeDue(isDue: (ptsUs: number) => boolean): P | undefined {
    this.dropOvertaken(isDue);
    const first = this.#pictures[0];
    if (!first || !isDue(first.ptsUs)) return undefined;
    this.#pictures.shift();
    this.#lastTakenUs = first.ptsUs;
    return first;
  }

  /** Closes everything; what comes next may lie on another timeline. */
  clear(): void {
    for (const picture of this.#pictures) picture.close();
    this.#pictures = [];
    this.#lastTakenUs = Number.NEGATIVE_INFINITY;
  }

  #drop(picture: P): void {
    picture.close();
    this.#dropped++;
  }
}
