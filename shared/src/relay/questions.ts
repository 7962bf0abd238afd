/**
 * Who was asked for a place in the tree of one stripe and has not answered (PROTOCOL.md R15). One answer at a time is waited for. But who
 * has no parent cannot wait for the dead, whom idle links tell of after seconds only: others are asked beside those who are late. Where
 * answers take long, all of that takes as much longer: on a machine that is short of time everybody is late, and nobody dead.
 */
import type { PeerId } from '../lib/ids.ts';
import { AnswerTimes } from './answer-times.ts';
import { OBJECT_BYTES, tableBytes } from './held-bytes.ts';
import { relayTimings } from './relay-contract.ts';

/** With so many late answers nobody else is asked. */
const LATE_MAX = 3;

/** Times in ms. */
interface Question {
  readonly peer: PeerId;
  readonly askedAt: number;
  /** From then on it is late for whoever has no parent. */
  readonly lateAt: number;
  /** From then on it is not waited for. */
  readonly until: number;
}

export class Questions {
  readonly #answers: AnswerTimes;
  #latest: Question | undefined;
  readonly #late = new Map<PeerId, Question>();
  /** Those who are not waited for any more, and when they were asked: should they answer after all, that says how long answers take. */
  readonly #givenUp = new Map<PeerId, number>();

  /** @param answers how long they take, over all stripes */
  constructor(answers: AnswerTimes = new AnswerTimes()) {
    this.#answers = answers;
  }

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    return tableBytes(this.#late.size, OBJECT_BYTES) + tableBytes(this.#givenUp.size);
  }

  ask(peer: PeerId, now: number): void {
    const { askNextAfterMs, subscribeTimeoutMs, subscribeTimeoutMaxMs } = relayTimings;
    const usualMs = Math.min(this.#answers.usualMs(now), subscribeTimeoutMaxMs);
    this.#givenUp.delete(peer);
    this.#latest = {
      peer,
      askedAt: now,
      lateAt: now + Math.max(askNextAfterMs, usualMs),
      until: now + Math.max(subscribeTimeoutMs, usualMs),
    };
  }

  /** Whether an answer of the peer is awaited. */
  awaits(peer: PeerId): boolean {
    return this.#latest?.peer === peer || this.#late.has(peer);
  }

  isLate(peer: PeerId): boolean {
    return this.#late.has(peer);
  }

  /** Whether answers are awaited before anybody else is asked. */
  get areOpen(): boolean {
    return this.#latest !== undefined || this.#late.size >= LATE_MAX;
  }

  /** The peer has answered, in time or not. */
  heard(peer: PeerId, now: number): void {
    const asked = this.#latest?.peer === peer ? this.#latest : this.#late.get(peer);
    const askedAt = asked?.askedAt ?? this.#givenUp.get(peer);
    this.#givenUp.delete(peer);
    if (askedAt !== undefined) this.#answers.took(peer, now - askedAt, now);
  }

  /** Its answer is not awaited any more. */
  drop(peer: PeerId): void {
    if (this.#latest?.peer === peer) this.#latest = undefined;
    this.#late.delete(peer);
  }

  /** The link to it is gone. */
  forget(peer: PeerId): void {
    this.drop(peer);
    this.#givenUp.delete(peer);
  }

  /** No answer is awaited any more. */
  close(): void {
    this.#latest = undefined;
    this.#late.clear();
  }

  /**
   * Time passed.
   * @returns whose answer is not awaited any more
   */
  expire(hasParent: boolean, now: number): PeerId[] {
    if (this.#latest && !hasParent && now >= this.#latest.lateAt) {
      this.#late.set(this.#latest.peer, this.#latest);
      this.#latest = undefined;
    }
    const all = [...this.#late.values(), ...(this.#latest ? [this.#latest] : [])];
    const given = all.filter(({ until }) => now >= until);
    for (const { peer, askedAt } of given) {
      this.drop(peer);
      this.#givenUp.set(peer, askedAt);
    }
    return given.map(({ peer }) => peer);
  }

  /** When {@link expire} has something to do, ms. */
  deadline(hasParent: boolean): number {
    let deadline = Number.POSITIVE_INFINITY;
    if (this.#latest) deadline = hasParent ? this.#latest.until : this.#latest.lateAt;
    for (const { until } of this.#late.values()) deadline = Math.min(deadline, until);
    return deadline;
  }
}
