/** What a node has learnt about its neighbours that counts in every stripe alike. */
import type { PeerId } from '../lib/ids.ts';
import { AnswerTimes } from './answer-times.ts';
import { Doubts } from './doubts.ts';
import { SignsOfLife } from './signs-of-life.ts';

export class Acquaintance {
  /** How long they take to answer; repair learns from it as well. */
  readonly answers: AnswerTimes;
  readonly doubts = new Doubts();
  readonly signs = new SignsOfLife();

  constructor(answers: AnswerTimes = new AnswerTimes()) {
    this.answers = answers;
  }

  /** Bytes of all that is held here, about; `answers` is counted where repair is. */
  get tableBytes(): number {
    return this.doubts.tableBytes + this.signs.tableBytes;
  }

  /** The link to it is gone. Doubts outlive it. */
  peerDown(peer: PeerId): void {
    this.answers.forget(peer);
    this.signs.forget(peer);
  }
}
