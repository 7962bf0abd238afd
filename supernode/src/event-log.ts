/**
 * What of a supernode's life the operator reads: peers that were cut off, and its links to other supernodes; clients that come and
 * go, if debugging. Up to a rate, because an attack must not fill the disk.
 */
import type { PeerId } from '@murmuration/shared/lib/ids.ts';
import { TokenBucket } from '@murmuration/shared/lib/token-bucket.ts';
import { type SupernodeEvent, TrunkFailure } from '@murmuration/shared/node/supernode-settings.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import type { Log } from './log.ts';

/** Lines a second of each kind, and lines that may come at once. */
const LINES_PER_SECOND = 1;
const LINES_BURST = 10;
type Of<Type extends SupernodeEvent['type']> = Extract<SupernodeEvent, { type: Type }>;

const FAILURES: Readonly<Record<TrunkFailure, string>> = {
  [TrunkFailure.notListedThere]:
    'A supernode does not let this one in: its operator has to put the id of this one on its list (--peer-id)',
  [TrunkFailure.itself]: 'An address of --peer leads to this supernode itself',
  [TrunkFailure.another]: 'At an address of --peer is another supernode than its id says',
  [TrunkFailure.none]: 'What answers at an address of --peer is no supernode',
};

/** Addresses whose last failure is remembered, so that it is not said again at every attempt. */
const FAILURES_MAX = 64;

export class EventLog {
  readonly #log: Log;
  readonly #cuts: LineBudget;
  readonly #links: LineBudget;
  readonly #clients: LineBudget;
  readonly #supernodes = new Set<PeerId>();
  readonly #failures = new Map<string, string>();

  /** `nowMs`: a clock that only goes forward. */
  constructor(log: Log, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#cuts = new LineBudget(nowMs);
    this.#links = new LineBudget(nowMs);
    this.#clients = new LineBudget(nowMs);
  }

  event(event: SupernodeEvent): void {
    switch (event.type) {
      case 'link-open':
        this.#opened(event.peer, event.role);
        break;
      case 'link-closed':
        this.#closed(event.peer, event.reason);
        break;
      case 'trunk-refused':
        this.#refused(event);
        break;
      case 'trunk-failed':
        this.#failed(event);
        break;
      case 'peer-cut': {
        const { peer, offence } = event;
        this.#cuts.spend((unlogged) =>
          this.#log.warn('peer-cut', 'A peer was cut off', { peer, offence, unlogged }),
        );
      }
    }
  }

  #refused({ peer, reason }: Of<'trunk-refused'>): void {
    const words =
      reason === 'not-listed'
        ? 'A supernode that is not on the list wants to link; to let it in: --peer-id and its id'
        : 'A supernode that was cut off for what it did wants to link again';
    this.#cuts.spend((unlogged) =>
      this.#log.warn('supernode-refused', words, { id: peer, reason, unlogged }),
    );
  }

  #failed({ peer, url, reason, found }: Of<'trunk-failed'>): void {
    if (!this.#isNews(url, reason)) return;
    this.#links.spend((unlogged) =>
      this.#log.warn('supernode-mismatch', FAILURES[reason], { url, id: peer, found, reason, unlogged }),
    );
  }

  /** Whether something else was wrong with an address the last time. */
  #isNews(url: string, reason: string): boolean {
    if (this.#failures.get(url) === reason || this.#failures.size >= FAILURES_MAX) return false;
    this.#failures.set(url, reason);
    return true;
  }

  /** Says so once for every new reason, until a supernode is linked. */
  dialFailed(url: string, reason: string): void {
    if (!this.#isNews(url, reason)) return;
    this.#links.spend((unlogged) =>
      this.#log.warn('supernode-unreachable', 'A supernode cannot be reached; it is tried again', {
        url,
        reason,
        unlogged,
      }),
    );
  }

  #opened(peer: PeerId, role: number): void {
    if (role !== Role.supernode) {
      this.#clients.spend((unlogged) =>
        this.#log.debug('client-linked', 'A client said who it is', { peer, role, unlogged }),
      );
      return;
    }
    if (this.#supernodes.has(peer)) return;
    this.#supernodes.add(peer);
    this.#failures.clear();
    this.#links.spend((unlogged) =>
      this.#log.info('supernode-linked', 'Linked with another supernode', { peer, unlogged }),
    );
  }

  #closed(peer: PeerId, reason: string): void {
    if (!this.#supernodes.delete(peer)) {
      this.#clients.spend((unlogged) =>
        this.#log.debug('client-gone', 'A client is gone', { peer, reason, unlogged }),
      );
      return;
    }
    this.#links.spend((unlogged) =>
      this.#log.info('supernode-unlinked', 'The link with another supernode ended', {
        peer,
        reason,
        unlogged,
      }),
    );
  }
}

/** Lines of one kind, at a limited rate. */
class LineBudget {
  readonly #nowMs: () => number;
  readonly #tokens: TokenBucket;
  #unlogged = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#tokens = new TokenBucket(LINES_PER_SECOND, LINES_BURST, nowMs());
  }

  /** `write` is told how many lines were left out since the last one; undefined for none. */
  spend(write: (unlogged: number | undefined) => void): void {
    if (!this.#tokens.take(this.#nowMs())) {
      this.#unlogged++;
      return;
    }
    write(this.#unlogged || undefined);
    this.#unlogged = 0;
  }
}
