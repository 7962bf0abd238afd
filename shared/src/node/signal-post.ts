/** Passes signals on at a supernode, as `SupernodeSignals` decides, tells their senders of what cannot be delivered, and counts. */
import type { PeerId } from '../lib/ids.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import type { SignalHead } from '../wire/signal-head.ts';
import { type Signal, type SignalFailed, SignalFailure } from '../wire/supernode-messages.ts';
import type { Link } from './links.ts';
import type { CheckedPacket, NodeOutput } from './node-contract.ts';
import type { SupernodeEvent } from './supernode-settings.ts';
import type { SupernodeSignals } from './supernode-signals.ts';

type PassingSignal = Extract<CheckedPacket, { type: 'passing-signal' }>;

export interface SignalPostCalls {
  out(output: NodeOutput<SupernodeEvent>): void;
  reject(reason: string): void;
}

export class SignalPost {
  readonly #signals: SupernodeSignals;
  readonly #calls: SignalPostCalls;
  /** Signals that went on. */
  forwarded = 0;
  /** Of these, to other supernodes, and from them. */
  readonly overTrunks = { out: 0, in: 0 };
  /** Signals whose sender was told why they did not. */
  failed = 0;

  constructor(signals: SupernodeSignals, calls: SignalPostCalls) {
    this.#signals = signals;
    this.#calls = calls;
  }

  /** A signal of a member goes to another, as it is, or its sender is told why not. */
  pass(link: Link, peer: PeerId, { signal, bytes }: PassingSignal, now: number): void {
    const decision = this.#signals.pass(link, peer, signal, now);
    if (decision === undefined) this.#calls.reject('signal-from-another');
    else if (typeof decision === 'number') this.#refuse(link, signal, decision);
    else {
      this.#count(decision);
      this.#calls.out({ type: 'pass', link: decision.id, signal, bytes });
    }
  }

  /** A signal of another supernode's member; the gate has verified it. */
  passOn(link: Link, over: PeerId, signal: Signal, now: number): void {
    // A member's come unverified, or it has given a proof that nobody asked for.
    const decision =
      link.role === Role.supernode
        ? this.#signals.passOn(link, over, signal, now)
        : ({ type: 'drop', reason: 'unexpected-message' } as const);
    if (decision.type === 'drop') this.#calls.reject(decision.reason);
    else if (decision.type === 'fail') this.#refuse(link, signal, decision.reason);
    else {
      this.overTrunks.in++;
      this.#count(decision.target);
      this.#calls.out({ type: 'send', link: decision.target.id, message: decision.message });
    }
  }

  passFailure(link: Link, peer: PeerId, failure: SignalFailed, now: number): void {
    const target = this.#signals.passFailure(link, peer, failure, now);
    if (target === 'refused') this.#calls.reject('signal-from-another');
    else if (target) this.#calls.out({ type: 'send', link: target.id, message: failure });
  }

  /** The socket of the one that a signal is for is full. */
  undelivered(signal: SignalHead, now: number): void {
    const link = this.#signals.wayBack(signal, now);
    if (!link) return;
    this.forwarded--;
    this.#refuse(link, signal, SignalFailure.slowReceiver);
  }

  #count(target: Link): void {
    this.forwarded++;
    if (target.role === Role.supernode) this.overTrunks.out++;
  }

  #refuse(link: Link, { to, from, session }: SignalHead, reason: SignalFailure): void {
    this.failed++;
    const message: SignalFailed = { type: MessageType.signalFailed, to, from, session, reason, route: [] };
    this.#calls.out({ type: 'send', link: link.id, message });
  }
}
