/**
 * The load of the swarm: messages like those of a live source, of the same sizes as the simulator's (`shared/sim/message-source.ts`):
 * 30 pictures a second, each 30th a key picture 4.5 times as large, sizes that vary by a fifth, and sound every 60 ms. A message
 * begins with its number (u32) and when it was published (f64, ms since 1970): all processes share one clock.
 */
const PICTURES_PER_SECOND = 30;
const KEY_EVERY = 30;
const KEY_FACTOR = 4.5;
const SIZE_SPREAD = 0.2;
const SOUND_EVERY_MS = 60;
const SOUND_BYTES = 320;
const HEAD_BYTES = 12;

export const nowMs = (): number => performance.timeOrigin + performance.now();

export class SyntheticStream {
  readonly #publish: (message: Uint8Array, key: boolean) => void;
  readonly #deltaBytes: number;
  readonly #beganAtMs = nowMs();
  #pictures = 0;
  #sounds = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(bitsPerSecond: number, publish: (message: Uint8Array, key: boolean) => void) {
    this.#publish = publish;
    const soundBytesPerSecond = (SOUND_BYTES * 1_000) / SOUND_EVERY_MS;
    const picturesPerSecond = PICTURES_PER_SECOND * (1 + (KEY_FACTOR - 1) / KEY_EVERY);
    this.#deltaBytes = (bitsPerSecond / 8 - soundBytesPerSecond) / picturesPerSecond;
  }

  /** How many messages were published, and their bytes. */
  get published(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#pictures + this.#sounds, bytes: this.#bytes };
  }

  start(): void {
    this.#timer = setInterval(() => this.#catchUp(), 2);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #catchUp(): void {
    const sinceMs = nowMs() - this.#beganAtMs;
    for (;;) {
      const pictureAtMs = (this.#pictures * 1_000) / PICTURES_PER_SECOND;
      const soundAtMs = this.#sounds * SOUND_EVERY_MS;
      if (Math.min(pictureAtMs, soundAtMs) > sinceMs) return;
      if (soundAtMs < pictureAtMs) {
        this.#send(SOUND_BYTES, false);
        this.#sounds++;
      } else {
        const key = this.#pictures % KEY_EVERY === 0;
        const varied = 1 + (Math.random() * 2 - 1) * SIZE_SPREAD;
        this.#send(Math.round(this.#deltaBytes * (key ? KEY_FACTOR : 1) * varied), key);
        this.#pictures++;
      }
    }
  }

  #send(bytes: number, key: boolean): void {
    const message = new Uint8Array(Math.max(HEAD_BYTES, bytes));
    const view = new DataView(message.buffer);
    view.setUint32(0, this.published.messages);
    view.setFloat64(4, nowMs());
    this.#bytes += message.length;
    this.#publish(message, key);
  }
}

/** What stands at the beginning of a message. */
export function headOf(message: Uint8Array): { readonly number: number; readonly publishedAtMs: number } {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return { number: view.getUint32(0), publishedAtMs: view.getFloat64(4) };
}
