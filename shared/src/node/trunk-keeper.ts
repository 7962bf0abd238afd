/**
 * Opens and ends a supernode's links with other supernodes by what trunks.ts decides (PROTOCOL.md R40): dials, asks for proofs, turns
 * away who is not listed, and tells the operator what a person has to see to.
 */
import type { LinkId, PeerId } from '../lib/ids.ts';
import { GoodbyeReason } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { Offence } from './events.ts';
import type { LinkKeeper } from './link-keeper.ts';
import type { CheckedHello, Link } from './links.ts';
import type { CheckedPacket, NodeOutput } from './node-contract.ts';
import { type ListedSupernode, type SupernodeEvent, TrunkFailure } from './supernode-settings.ts';
import type { Trunks } from './trunks.ts';

export interface TrunkKeeperParts {
  readonly trunks: Trunks;
  readonly keeper: LinkKeeper;
  readonly out: (output: NodeOutput<SupernodeEvent>) => void;
  /** Counts what was turned away. */
  readonly reject: (reason: string) => void;
}

export class TrunkKeeper {
  readonly #parts: TrunkKeeperParts;

  constructor(parts: TrunkKeeperParts) {
    this.#parts = parts;
  }

  /** Links with these from now on, and with nobody else. */
  list(listed: readonly ListedSupernode[], now: number): void {
    const { trunks, keeper } = this.#parts;
    for (const id of trunks.list(listed, now)) {
      const link = keeper.links.get(id);
      if (link) keeper.close(link, GoodbyeReason.notListed, 'not listed any more', now);
    }
  }

  dialDue(now: number): void {
    const { trunks, keeper, out } = this.#parts;
    for (const { id, url } of trunks.due(now)) {
      const link = keeper.links.add({ kind: 'supernode', dialed: true, expected: id, url }, now);
      trunks.dialed(id, link.id);
      out({ type: 'dial', link: link.id, address: { kind: 'supernode', url } });
    }
  }

  /** Whoever says that it is a supernode has to be listed, and to prove that it means this one. */
  greeted(link: Link, hello: CheckedHello, now: number): void {
    const { trunks, keeper, out, reject } = this.#parts;
    const verdict = trunks.greeted(link, hello, now);
    switch (verdict.type) {
      case 'as-usual':
        keeper.hello(link, hello, now);
        break;
      case 'prove':
        out({ type: 'sign-proof', link: link.id });
        break;
      case 'refuse': {
        const { reason } = verdict;
        reject(`supernode-${reason}`);
        out({ type: 'event', event: { type: 'trunk-refused', peer: hello.peer, reason } });
        const goodbye = reason === 'not-listed' ? GoodbyeReason.notListed : GoodbyeReason.badPacket;
        keeper.close(link, goodbye, reason, now);
        break;
      }
      case 'wrong':
        reject(Offence.wrongIdentity);
        trunks.helpless(link, now);
        this.#failed(link, verdict.reason, hello.peer);
        keeper.close(link, GoodbyeReason.wrongIdentity, verdict.reason, now);
    }
  }

  /** The own proof is signed: it is the first thing after the hello. */
  prove(id: LinkId, signature: Uint8Array, now: number): void {
    if (!this.#parts.trunks.isPending(id)) return;
    this.#parts.out({ type: 'send', link: id, message: { type: MessageType.trunkProof, signature } });
    this.#exchanged(id, 'proved', now);
  }

  #exchanged(id: LinkId, what: 'proved' | 'proven', now: number): void {
    const { trunks, keeper } = this.#parts;
    const hello = trunks.exchanged(id, what);
    const link = keeper.links.get(id);
    if (hello && link) keeper.hello(link, hello, now);
  }

  /** What comes between a supernode's hello and the moment in which the trunk is open. */
  pendingIn(link: Link, packet: CheckedPacket, now: number): void {
    const { trunks, keeper, reject } = this.#parts;
    const message = packet.type === 'message' ? packet.message : undefined;
    if (message?.type === MessageType.trunkProof) this.#exchanged(link.id, 'proven', now);
    else if (message?.type === MessageType.goodbye) {
      if (trunks.dismissed(link, message.reason, now))
        this.#failed(link, TrunkFailure.notListedThere, undefined);
      keeper.close(link, GoodbyeReason.leaving, 'goodbye', now);
    } else reject('unexpected-packet');
  }

  #failed({ expected, url }: Link, reason: TrunkFailure, found: PeerId | undefined): void {
    if (expected === undefined || url === undefined) return;
    const event = { type: 'trunk-failed', peer: expected, url, reason, found } as const;
    this.#parts.out({ type: 'event', event });
  }
}
