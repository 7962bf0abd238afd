/**
 * At which bitrate a host should encode, from what it hears of its swarm's upload (relay/census.ts). Where viewers starve it falls
 * within seconds, and by as much as is missing; it comes back in small steps, after a time that doubles whenever a step was too much. The
 * last of the steps in which a swarm gives way: first kept-back slots are borrowed, then the host feeds more than its share, then this.
 */
import type { Supply } from '../relay/relay-contract.ts';

export const bitrateTimings = {
  /** Viewers starve for that long before the bitrate falls: newcomers find their places sooner. */
  starvingForMs: 1_500,
  /** And for that long where there is more room than they need: it will be found. */
  seekingForMs: 4_000,
  /** After a fall the swarm is given that long to settle. */
  settleMs: 5_000,
  /** With room for that long the bitrate rises; */
  raiseAfterMs: 20_000,
  /** where a rise made viewers starve within the proving time, after twice as long, and at most this. */
  raiseAfterMaxMs: 320_000,
  provenMs: 20_000,
} as const;

/** Up to so many viewers each one counts; beyond, up to that share of places may be empty: there always is somebody on the way. */
const FEW = 16;
const EMPTY_SHARE = 0.01;
/** One fall is by no less and no more. */
const FALL_LEAST = 0.9;
const FALL_MOST = 0.4;
/** A rise needs so much room, and leaves so much. */
const ROOM_SHARE = 0.3;
const ROOM_LEFT = 0.15;
const RISE_MOST = 1.25;

/** Less shows nothing. */
const LEAST_USUAL = 250_000;

/** Whether more than usual of the viewers' places are empty. */
export const isStarving = ({ nodes, starvingShare }: Supply): boolean =>
  starvingShare > (nodes <= FEW ? 0 : EMPTY_SHARE);

/** The share of the stream's copies that nobody has the upload for; 0 or less where there is more room than is looked for. */
export const missingShare = ({ starvingShare, spareShare }: Supply): number => starvingShare - spareShare;

export class BitratePolicy {
  #chosen: number;
  readonly #least: number;
  #now: number;
  #starvingSince: number | undefined;
  #roomSince: number | undefined;
  #changedAt = Number.NEGATIVE_INFINITY;
  #raisedAt = Number.NEGATIVE_INFINITY;
  #raiseAfterMs: number = bitrateTimings.raiseAfterMs;

  /**
   * @param chosen bits per second
   * @param least below which the stream is of no use to anybody, bits per second
   */
  constructor(chosen: number, least = LEAST_USUAL) {
    this.#chosen = chosen;
    this.#least = least;
    this.#now = chosen;
  }

  /** What to encode at, bits per second. */
  get bitsPerSecond(): number {
    return this.#now;
  }

  /** Whether the swarm gets less than the host would give. */
  get isLowered(): boolean {
    return this.#now < this.#chosen;
  }

  /** What the host chose, bits per second. */
  get chosen(): number {
    return this.#chosen;
  }

  /** The host chose another bitrate. While viewers cannot be given all of the former one, they are given no more than now. */
  choose(bitsPerSecond: number): void {
    this.#now = this.isLowered ? Math.min(this.#now, bitsPerSecond) : bitsPerSecond;
    this.#chosen = bitsPerSecond;
  }

  /** News of the swarm, about once a second. True if the bitrate is another one now. */
  heard(supply: Supply, now: number): boolean {
    const { spareShare } = supply;
    const starves = isStarving(supply);
    this.#starvingSince = starves ? (this.#starvingSince ?? now) : undefined;
    const hasRoom = !starves && spareShare >= ROOM_SHARE;
    this.#roomSince = hasRoom ? (this.#roomSince ?? now) : undefined;
    if (starves) return this.#fall(supply, now);
    return this.#rise(spareShare, now);
  }

  #fall(supply: Supply, now: number): boolean {
    const { starvingForMs, seekingForMs, settleMs, provenMs, raiseAfterMaxMs } = bitrateTimings;
    if (this.#now <= this.#least || now - this.#changedAt < settleMs) return false;
    const missing = missingShare(supply);
    const forMs = missing > 0 ? starvingForMs : seekingForMs;
    if (now - (this.#starvingSince ?? now) < forMs) return false;
    if (now - this.#raisedAt < provenMs)
      this.#raiseAfterMs = Math.min(2 * this.#raiseAfterMs, raiseAfterMaxMs);
    const tooMuch = 1.1 * Math.max(missing, supply.starvingShare / 2);
    const factor = Math.min(FALL_LEAST, Math.max(FALL_MOST, 1 - tooMuch));
    this.#change(Math.max(this.#least, this.#now * factor), now);
    return true;
  }

  #rise(spareShare: number, now: number): boolean {
    if (!this.isLowered || this.#roomSince === undefined) return false;
    if (now - Math.max(this.#roomSince, this.#changedAt) < this.#raiseAfterMs) return false;
    const factor = Math.min(RISE_MOST, 1 + (spareShare - ROOM_LEFT) / 2);
    this.#raisedAt = now;
    this.#change(Math.min(this.#chosen, this.#now * factor), now);
    return true;
  }

  #change(bitsPerSecond: number, now: number): void {
    this.#now = Math.round(bitsPerSecond);
    this.#changedAt = now;
    this.#roomSince = undefined;
  }
}
