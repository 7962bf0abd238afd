/** Numbers in a row: what threads of a relay world hand to each other (team.ts). Texts travel as the codes of their letters. */

const NUMBERS_FIRST = 64;

export class Parcel {
  #numbers = new Float64Array(NUMBERS_FIRST);
  #length = 0;
  #read = 0;

  get length(): number {
    return this.#length;
  }

  /** Whether everything was taken out. */
  get isDone(): boolean {
    return this.#read === this.#length;
  }

  clear(): void {
    this.#length = 0;
    this.#read = 0;
  }

  #grow(length: number): void {
    let room = this.#numbers.length;
    while (room < length) room *= 2;
    const numbers = new Float64Array(room);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }

  put(number: number): void {
    if (this.#length === this.#numbers.length) this.#grow(this.#length + 1);
    this.#numbers[this.#length++] = number;
  }

  putText(text: string): void {
    this.put(text.length);
    for (let i = 0; i < text.length; i++) this.put(text.charCodeAt(i));
  }

  putAll(from: Float64Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#numbers.length) this.#grow(length);
    this.#numbers.set(from.subarray(start, end), this.#length);
    this.#length = length;
  }

  copyTo(target: Float64Array, at: number, start: number, count: number): void {
    target.set(this.#numbers.subarray(start, start + count), at);
  }

  take(): number {
    return this.#numbers[this.#read++] as number;
  }

  takeText(): string {
    const codes = this.#numbers.subarray(this.#read + 1, this.#read + 1 + this.take());
    this.#read += codes.length;
    return String.fromCharCode(...codes);
  }

  /** All that was not taken yet. */
  rest(): number[] {
    const rest = [...this.#numbers.subarray(this.#read, this.#length)];
    this.#read = this.#length;
    return rest;
  }
}
