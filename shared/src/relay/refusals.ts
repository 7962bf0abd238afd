/** Whom a node does not ask to be its parent in a stripe for a while: who refused, had nothing itself, fell silent or failed as a parent. */
import type { PeerId } from '../lib/ids.ts';
import { tableBytes } from './held-bytes.ts';
import { relayTimings } from './relay-contract.ts';

/** One that fails again is left alone for twice as long, but not more often than this. */
const FAILURES_DOUBLE_MAX = 4;

export class Refusals {
  readonly #until = new Map<PeerId, number>();
  /** Those who fell silent and have not said anything of their place since. */
  readonly #silent = new Set<PeerId>();
  /** How often in a row each failed as a parent. */
  readonly #failures = new Map<PeerId, number>();
  /** How often each was not ready since this node last had a parent. */
  readonly #notReady = new Map<PeerId, number>();

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    const { size } = this.#until;
    return [size, this.#silent.size, this.#failures.size, this.#notReady.size].reduce(
      (sum, entries) => sum + tableBytes(entries),
      0,
    );
  }

  refused(peer: PeerId, now: number, backoffMs: number = relayTimings.refusalBackoffMs): void {
    this.#until.set(peer, now + backoffMs);
  }

  /** Each time in a row it is left alone for longer, up to what a refusal costs. */
  notReady(peer: PeerId, now: number): void {
    const times = this.#notReady.get(peer) ?? 0;
    this.#notReady.set(peer, times + 1);
    const { notReadyBackoffMs, refusalBackoffMs } = relayTimings;
    this.refused(peer, now, Math.min(refusalBackoffMs, notReadyBackoffMs * 2 ** times));
  }

  /** Whatever it offered, it is not asked before it offers it anew. */
  fellSilent(peer: PeerId, now: number): void {
    this.refused(peer, now);
    this.#silent.add(peer);
  }

  /** Each time it is left alone for twice as long. */
  failed(peer: PeerId, now: number): void {
    const failures = (this.#failures.get(peer) ?? 0) + 1;
    this.#failures.set(peer, failures);
    const doubled = Math.min(failures - 1, FAILURES_DOUBLE_MAX);
    this.refused(peer, now, relayTimings.failedParentBackoffMs * 2 ** doubled);
  }

  /** A parent was lost: those who had nothing may have something now, and it itself is left alone for a moment. */
  lost(parent: PeerId | undefined, now: number): void {
    this.#notReady.clear();
    if (parent !== undefined && (this.#until.get(parent) ?? 0) <= now) this.refused(parent, now);
  }

  /** It says where it is. One that failed as a parent is given its time however loudly it offers itself. */
  offers(peer: PeerId, freeSlots: number): void {
    this.#silent.delete(peer);
    if (freeSlots > 0 && !this.#failures.has(peer)) this.#until.delete(peer);
  }

  /** It delivers: what was held against it as a parent is forgotten. */
  delivered(peer: PeerId): void {
    if (this.#failures.size > 0) this.#failures.delete(peer);
  }

  isSilent(peer: PeerId): boolean {
    return this.#silent.has(peer);
  }

  /** Whether the peer is left alone at present. */
  holdsFor(peer: PeerId, now: number): boolean {
    const until = this.#until.get(peer);
    return until !== undefined && now < until;
  }

  /** When somebody may be asked again, ms; infinite if nobody is left alone. */
  get deadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const until of this.#until.values()) deadline = Math.min(deadline, until);
    return deadline;
  }

  /** Time passed. */
  expire(now: number): void {
    for (const [peer, until] of this.#until) if (until <= now) this.#until.delete(peer);
  }

  /** The peer is gone. */
  forget(peer: PeerId): void {
    this.#until.delete(peer);
    this.#silent.delete(peer);
    this.#failures.delete(peer);
    this.#notReady.delete(peer);
  }
}
