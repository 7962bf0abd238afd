/**
 * What a supernode remembers of signals that cross its trunks (PROTOCOL.md R41): by which trunk each end of a session is reached, so that
 * answers find back before the newcomer's record has come round, and that word of a failure counts only from where the signal went;
 * and what has passed already.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PeerId } from '../lib/ids.ts';
import { SeenBefore } from '../lib/seen-before.ts';
import type { SignalHead } from '../wire/signal-head.ts';
import type { Signal } from '../wire/supernode-messages.ts';

/** Ends of sessions, and signals. */
const ENDS_MAX = 16_384;
const SEEN_MAX = 8_192;

export class TrunkSignals {
  readonly #seen = new SeenBefore(SEEN_MAX);
  readonly #trunkTo = new BoundedMap<string, PeerId>(ENDS_MAX);

  /** The supernode by whose trunk `to` is reached for answers within a session with `from`. */
  trunkTo({ to, from, session }: SignalHead): PeerId | undefined {
    return this.#trunkTo.get(`${to}${from}${session}`);
  }

  /** A signal goes out to `to` over the trunk with this supernode. */
  went({ to, from, session }: SignalHead, over: PeerId): void {
    this.#trunkTo.set(`${to}${from}${session}`, over);
  }

  /** A signal came from `from` over the trunk with this supernode. */
  came({ to, from, session }: SignalHead, over: PeerId): void {
    this.went({ to: from, from: to, session }, over);
  }

  /** Whether this very signal has come over a trunk before. */
  repeated({ to, from, session, payload }: Signal): boolean {
    return this.#seen.repeated(`${from}${to}${session}`, payload);
  }
}
