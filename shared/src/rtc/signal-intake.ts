/** What one link takes of a stranger's signals: one description that fits its part in the dial, and a bounded number of candidates. */
import { parseFingerprint } from './channel-binding.ts';
import { parseSignals, type SignalEntry, SignalRefusal } from './signal-payload.ts';

/** Candidates of the remote end that are tried. */
const REMOTE_CANDIDATES_MAX = 32;

export class SignalIntake {
  readonly #initiator: boolean;
  readonly #apply: (entry: SignalEntry) => void;
  #described = false;
  #candidates = 0;

  /**
   * @param initiator this end has made the offer, so an answer is what it waits for
   * @param apply hands an entry to WebRTC; may throw, which ends the payload
   */
  constructor(initiator: boolean, apply: (entry: SignalEntry) => void) {
    this.#initiator = initiator;
    this.#apply = apply;
  }

  /** Takes a payload; says why if it, or the rest of it, is of no use. Never throws. */
  take(payload: Uint8Array): SignalRefusal | undefined {
    const parsed = parseSignals(payload);
    if (!parsed.ok) return parsed.reason;
    for (const entry of parsed.entries) {
      const refusal = entry.type === 'candidate' ? this.#refusedCandidate() : this.#refusedDescription(entry);
      if (refusal) return refusal;
      try {
        this.#apply(entry);
      } catch {
        return SignalRefusal.unusable;
      }
    }
    return undefined;
  }

  #refusedCandidate(): SignalRefusal | undefined {
    return ++this.#candidates > REMOTE_CANDIDATES_MAX ? SignalRefusal.tooManyCandidates : undefined;
  }

  /** One offer or one answer in the life of a link: no renegotiation. */
  #refusedDescription({ type, sdp }: Exclude<SignalEntry, { type: 'candidate' }>): SignalRefusal | undefined {
    if (this.#described || (type === 'answer') !== this.#initiator) {
      return SignalRefusal.unexpectedDescription;
    }
    if (!parseFingerprint(sdp)) return SignalRefusal.badDescription;
    this.#described = true;
    return undefined;
  }
}
