/**
 * Holds back what a WebRTC library wants sent for a moment, so that a description and its candidates travel as one signal: supernodes
 * count signals, and on a local network everything is known within a few milliseconds.
 */
import type { Clock } from '../node/ports.ts';
import { encodeSignals, readEntry, type SignalEntry } from './signal-payload.ts';

/** Addresses of this machine come in one burst within a few milliseconds: a batch goes when it has been quiet for that long, in ms. */
const QUIET_MS = 10;
/** How long a batch waits at most, in ms: a description without candidates, or candidates that trickle. */
const WAIT_MS_MAX = 60;
/** Candidates that a link sends in all: a machine with very many addresses does not need them all tried. */
const CANDIDATES_MAX = 24;

export class SignalBatch {
  readonly #clock: Clock;
  readonly #emit: (payload: Uint8Array) => void;
  #waiting: SignalEntry[] = [];
  #candidates = 0;
  #firstAtMs = 0;
  #gathered = false;
  #cancelTimer: (() => void) | undefined;

  /** @param emit is called with each payload that is ready. */
  constructor(clock: Clock, emit: (payload: Uint8Array) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Takes what the library emitted; wishes to renegotiate are left out. */
  add(data: unknown): void {
    const entry = readEntry(data);
    if (typeof entry === 'string') return;
    if (entry.type === 'candidate') {
      if (isTcp(entry.candidate.candidate) || ++this.#candidates > CANDIDATES_MAX) return;
    }
    const nowMs = this.#clock.now();
    if (this.#waiting.length === 0) this.#firstAtMs = nowMs;
    this.#waiting.push(entry);
    if (this.#gathered) {
      this.#flush();
      return;
    }
    const latestMs = this.#firstAtMs + WAIT_MS_MAX;
    const flushAtMs = entry.type === 'candidate' ? Math.min(nowMs + QUIET_MS, latestMs) : latestMs;
    this.#clearTimer();
    this.#cancelTimer = this.#clock.schedule(flushAtMs, () => this.#flush());
  }

  /** No further candidates will come: what waits goes now. */
  gathered(): void {
    this.#gathered = true;
    this.#flush();
  }

  /** Drops what waits. */
  stop(): void {
    this.#waiting = [];
    this.#clearTimer();
  }

  #flush(): void {
    this.#clearTimer();
    const entries = this.#waiting;
    this.#waiting = [];
    for (const payload of encodeSignals(entries)) this.#emit(payload);
  }

  #clearTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

/** No peer listens on TCP, so such a candidate leads nowhere; Chromium finds it 100 ms after the others. */
const isTcp = (candidate: string): boolean => /^candidate:\S+ \d+ tcp /i.test(candidate);
