/**
 * A running hash over everything that happens, in order: which node, when, what, and a small digest of it. Two runs with the
 * same seed have the same hash; the first event that differs changes all that follow. It keeps nothing but 64 bits.
 */
import { START_UNIX_MS } from './virtual-clock.ts';

/** Kinds of traced events. */
export const TraceKind = {
  packet: 1,
  opened: 2,
  closed: 3,
  message: 4,
  gap: 5,
  joined: 6,
  left: 7,
  crashed: 8,
} as const;
export type TraceKind = (typeof TraceKind)[keyof typeof TraceKind];

const timeValue = new Float64Array(1);
const timeWords = new Uint32Array(timeValue.buffer);

export class Trace {
  #high = 0x6a09e667;
  #low = 0xbb67ae85 | 0;

  /** Takes one event in. `digest`: any 32-bit summary of what happened. */
  add(node: number, nowMs: number, kind: TraceKind, digest: number): void {
    timeValue[0] = nowMs - START_UNIX_MS;
    this.#mix(timeWords[0] as number);
    this.#mix(timeWords[1] as number);
    this.#mix((node << 4) | kind);
    this.#mix(digest);
  }

  #mix(word: number): void {
    const low = Math.imul(this.#low ^ word, 0x9e3779b1);
    this.#low = low ^ (low >>> 15) ^ this.#high;
    const high = Math.imul(this.#high + low, 0x85ebca6b);
    this.#high = high ^ (high >>> 13);
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return hex32(this.#high) + hex32(this.#low);
  }
}

const hex32 = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

/** Length, first and last bytes: enough to tell packets apart, cheap enough for every one of them. */
export function packetDigest(packet: Uint8Array): number {
  const length = packet.length;
  let digest = Math.imul(length ^ ((packet[0] ?? 0) << 24), 0x9e3779b1);
  const from = length > 8 ? length - 8 : 0;
  for (let at = from; at < length; at++) digest = Math.imul(digest ^ (packet[at] as number), 0x01000193);
  return digest;
}
