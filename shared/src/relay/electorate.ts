/**
 * Whose word counts for a frame. The receiver chooses: the voters that were ahead of it lately (they voted for a frame
 * before it had it), frozen at first sight of the frame, minus those gone since. A frame is confirmed when at least
 * ⌈P·N⌉ of them voted for its hash (thesis 3.5.2 with N per frame). The sender of a payload is always one of them.
 */
import type { PeerId } from '../lib/ids.ts';
import { pairLot } from '../lib/pair-lot.ts';
import type { FrameSlot } from './frame-map.ts';
import { TEXT_BYTES, tableBytes } from './held-bytes.ts';
import { relayTimings } from './relay-contract.ts';

export class Electorate {
  /** Those present who were ever ahead, and when they last were, ms. Two lists: this is asked for every frame, and moves little memory. */
  readonly #ahead: PeerId[] = [];
  readonly #aheadAt: number[] = [];
  readonly #present = new Set<PeerId>();

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    return this.#ahead.length * 16 + tableBytes(this.#present.size, TEXT_BYTES);
  }

  add(peer: PeerId): void {
    this.#present.add(peer);
  }

  remove(peer: PeerId): void {
    this.#present.delete(peer);
    const at = this.#ahead.indexOf(peer);
    if (at < 0) return;
    this.#ahead.splice(at, 1);
    this.#aheadAt.splice(at, 1);
  }

  /** A vote came for a frame that is not here yet. */
  wasAhead(peer: PeerId, now: number): void {
    if (!this.#present.has(peer)) return;
    const at = this.#ahead.indexOf(peer);
    if (at < 0) this.#ahead.push(peer);
    this.#aheadAt[at < 0 ? this.#ahead.length - 1 : at] = now;
  }

  /** Who may vote on a frame first seen now from `sender`. */
  freeze(sender: PeerId, now: number): PeerId[] {
    const voters = [sender];
    for (let i = 0; i < this.#ahead.length; i++) {
      const peer = this.#ahead[i] as PeerId;
      if (now - (this.#aheadAt[i] as number) <= relayTimings.electorateMs && peer !== sender)
        voters.push(peer);
    }
    return voters;
  }

  /**
   * Whether a frame that is here has the votes it needs now.
   * @param agrees whether a peer has voted for it in another way than by `slot.votes`
   */
  confirms(slot: FrameSlot, share: number, agrees: (peer: PeerId) => boolean = () => false): boolean {
    if (!slot.frame || !slot.electorate) return false;
    let voters = 0;
    let agreeing = 0;
    for (const peer of slot.electorate) {
      if (!this.#present.has(peer)) continue;
      voters++;
      if (slot.sender === peer || slot.votes.get(peer) === slot.frame.hash || agrees(peer)) agreeing++;
    }
    return agreeing >= votesNeeded(voters, share);
  }
}

/** ⌈P·N⌉, and never none. */
export const votesNeeded = (voters: number, share: number): number =>
  Math.max(1, Math.ceil(share * voters - 1e-9));

/**
 * The neighbours that a node exchanges votes with: those with the lowest lot of the pair. Both ends of a link draw the same
 * lot, so the choice is mutual wherever it can be, without a word on the wire.
 */
export function votingPeers(self: PeerId, peers: Iterable<PeerId>, peersMax: number): PeerId[] {
  const lots = [...peers].map((peer) => [pairLot(self, peer), peer] as const);
  if (lots.length <= peersMax) return lots.map(([, peer]) => peer);
  lots.sort(([a], [b]) => a - b);
  return lots.slice(0, peersMax).map(([, peer]) => peer);
}
