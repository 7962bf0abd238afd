/**
 * A fingerprint of a set of versions, in 64 leaves by the first character of an id, so that two replicas find out what differs
 * between them with traffic proportional to the difference (PROTOCOL.md R21). Each item adds two words, one for its record and one
 * for its link list; a fingerprint is the XOR of them, with the second word or without.
 */
import { LEAVES, leafOf, type PeerTag } from '../lib/ids.ts';

/** FNV-1a style word over a tag and the numbers of a version. */
export function fingerprintWord(tag: PeerTag, epoch: number, seq: number): number {
  let word = 0x811c9dc5;
  for (let i = 0; i < tag.length; i++) word = Math.imul(word ^ tag.charCodeAt(i), 0x01000193);
  word = Math.imul(word ^ seq, 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13) ^ (epoch % 2 ** 32), 0xc2b2ae35);
  word = Math.imul(word ^ (word >>> 16) ^ Math.floor(epoch / 2 ** 32), 0x01000193);
  return (word ^ (word >>> 15)) >>> 0;
}

export class FingerprintTree {
  readonly #records = new Uint32Array(LEAVES);
  readonly #links = new Uint32Array(LEAVES);
  #items = 0;
  #count = 0;

  /** Nodes that have not left. */
  get count(): number {
    return this.#count;
  }

  get isEmpty(): boolean {
    return this.#items === 0;
  }

  /** Adds an item, or takes one out that was added; leave records are items that are not counted. */
  toggle(tag: PeerTag, recordWord: number, linksWord: number, isPresent: boolean, by: 1 | -1): void {
    const leaf = leafOf(tag);
    (this.#records[leaf] as number) ^= recordWord;
    (this.#links[leaf] as number) ^= linksWord;
    this.#items += by;
    if (isPresent) this.#count += by;
  }

  /** The fingerprint of each leaf. */
  leaves(withLinks: boolean): number[] {
    return Array.from(this.#records, (word, leaf) =>
      withLinks ? (word ^ (this.#links[leaf] as number)) >>> 0 : word,
    );
  }

  /** Two words over all leaves. */
  root(withLinks: boolean): [number, number] {
    let a = 0;
    let b = 0x01000193;
    for (let leaf = 0; leaf < LEAVES; leaf++) {
      const word = (this.#records[leaf] as number) ^ (withLinks ? (this.#links[leaf] as number) : 0);
      a ^= word;
      b = Math.imul(b ^ word, 0x85ebca6b);
      b ^= b >>> 15;
    }
    return [a >>> 0, b >>> 0];
  }
}
