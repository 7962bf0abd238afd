/**
 * What every node does with its links: greets, believes or refuses hellos, answers heartbeats, gives up the dead, says
 * goodbye. Peers and supernodes bring their own hooks for what a link means to them.
 */
import type { LinkId, PeerId } from '../lib/ids.ts';
import { GoodbyeReason, type Heartbeat } from '../wire/link-messages.ts';
import type { Offence } from './events.ts';
import { type CheckedHello, type Link, Links } from './links.ts';
import type { NodeOutput } from './node-contract.ts';

/** What happens to links, as the node around them needs to know it. */
export interface LinkHooks {
  /** Whether dealings with this peer are over for good. */
  shuns(peer: PeerId): boolean;
  /** Whether frames travel between this node and a peer: then its silence is noticed sooner. */
  carriesFrames(peer: PeerId): boolean;
  /** A link is open: the peer is up. */
  up(link: Link, peer: PeerId, now: number): void;
  /** The peer's only link is gone. */
  down(peer: PeerId, reason: string, now: number): void;
  /** The peer has not been heard for a while. */
  silent(peer: PeerId, now: number): void;
  /** Any link was removed, open or not. `failed`: it had not been open yet. */
  removed(link: Link, failed: boolean, now: number): void;
  /** The far end of a link did something that ends it. */
  offended(link: Link, offence: Offence, now: number): void;
}

/** The outputs that links need; the same in every kind of node. */
export type LinkOutput = Extract<NodeOutput<never>, { type: 'greet' | 'close' | 'send' }>;

/** Why a link ended whose far end fell silent. */
export const TIMED_OUT = 'timed out';

export class LinkKeeper {
  readonly links: Links;
  readonly #hooks: LinkHooks;
  readonly #out: (output: LinkOutput) => void;

  constructor(self: PeerId, linksMax: number, hooks: LinkHooks, out: (output: LinkOutput) => void) {
    this.links = new Links(self, linksMax);
    this.#hooks = hooks;
    this.#out = out;
  }

  /** The transport has opened a link: say who we are. */
  opened(id: LinkId, now: number): void {
    const link = this.links.transportOpened(id, now);
    if (link) this.#out({ type: 'greet', link: link.id });
  }

  /** The far end has said who it is. */
  hello(link: Link, hello: CheckedHello, now: number): void {
    if (this.#hooks.shuns(hello.peer)) {
      this.close(link, GoodbyeReason.badPacket, 'shunned', now);
      return;
    }
    const verdict = this.links.hello(link.id, hello, now);
    if (verdict?.type === 'refuse') {
      if (verdict.offence) this.#hooks.offended(link, verdict.offence, now);
      this.close(link, verdict.reason, 'refused', now);
    } else if (verdict) {
      if (verdict.replaced) this.#replace(verdict.replaced, hello.peer, now);
      this.#hooks.up(link, hello.peer, now);
    }
  }

  /** Both links are open for a moment; the old one goes without the new one noticing. */
  #replace(old: Link, peer: PeerId, now: number): void {
    this.links.remove(old.id);
    this.#out({ type: 'close', link: old.id, reason: GoodbyeReason.duplicateLink });
    this.#hooks.removed(old, false, now);
    this.#hooks.down(peer, 'replaced', now);
  }

  /** Answers a ping or takes the time of a pong. */
  heartbeat(link: Link, message: Heartbeat, now: number): void {
    const answer = this.links.heartbeat(link, message, now);
    if (answer) this.#out({ type: 'send', link: link.id, message: answer });
  }

  /** Pings who was quiet, reports who fell silent, gives up who is dead. */
  watch(now: number): void {
    if (now < this.links.deadline) return;
    const { asks, silent, dead } = this.links.check(now, this.#hooks.carriesFrames);
    for (const { link, message } of asks) this.#out({ type: 'send', link: link.id, message });
    for (const { peer } of silent) if (peer !== undefined) this.#hooks.silent(peer, now);
    for (const link of dead) this.close(link, GoodbyeReason.timeout, TIMED_OUT, now);
  }

  /** Says goodbye and ends a link. */
  close(link: Link, reason: GoodbyeReason, words: string, now: number): void {
    if (this.links.get(link.id) !== link) return;
    this.#out({ type: 'close', link: link.id, reason });
    this.#forget(link, words, now);
  }

  /** The transport says that a link has ended. */
  closed(id: LinkId, reason: string, now: number): void {
    const link = this.links.get(id);
    if (link) this.#forget(link, reason, now);
  }

  #forget(link: Link, reason: string, now: number): void {
    const { peer } = link;
    const wasOpen = peer !== undefined && this.links.openTo(peer) === link;
    this.links.remove(link.id);
    this.#hooks.removed(link, link.state !== 'open', now);
    if (wasOpen) this.#hooks.down(peer, reason, now);
  }

  /** Ends all links without further ado: the node stops. */
  closeAll(reason: GoodbyeReason): void {
    for (const link of [...this.links.all()]) {
      this.#out({ type: 'close', link: link.id, reason });
      this.links.remove(link.id);
    }
  }
}
