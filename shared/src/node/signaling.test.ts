import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { openLink } from '../../test-kit/links.ts';
import { failureOf, signalOf } from '../../test-kit/signals.ts';
import { type PeerId, tagOf } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { SignalFailure } from '../wire/supernode-messages.ts';
import { DialLedger } from './dial-ledger.ts';
import { type Link, Links } from './links.ts';
import { type SignalDecision, Signaling } from './signaling.ts';
import { SupernodeContacts } from './supernode-contacts.ts';

const [SMALL, SELF, LARGE, NEAR, FAR] = [1, 2, 3, 4, 5].map(peerOf) as [
  PeerId,
  PeerId,
  PeerId,
  PeerId,
  PeerId,
];
const [ONE, TWO] = [91, 92].map(peerOf) as [PeerId, PeerId];

/** A node with a link to NEAR, and sockets to as many supernodes as are given. */
function setUp({ linksMax = 20, supernodes = [ONE] }: { linksMax?: number; supernodes?: PeerId[] } = {}) {
  const links = new Links(SELF, linksMax);
  const urls = supernodes.map((_, at) => `wss://${at}.example/link`);
  const contacts = new SupernodeContacts(urls, links);
  const sockets = supernodes.map((supernode, at) => {
    const url = urls[at] as string;
    const link = openLink(links, supernode, { kind: 'supernode', url });
    contacts.dialed(url, link.id);
    contacts.opened(link.id, START);
    return link;
  });
  const near = openLink(links, NEAR);
  const ledger = new DialLedger();
  const ways = {
    /** Neighbours that may lead to a peer. */
    mesh: new Map<PeerId, PeerId[]>(),
    /** Supernodes that it has sockets to. */
    sockets: new Map<PeerId, PeerId[]>(),
  };
  const signaling = new Signaling(SELF, links, contacts, ledger, {
    towards: (peer) => ways.mesh.get(peer) ?? [],
    supernodesOf: (peer) => (ways.sockets.get(peer) ?? []).map(tagOf),
  });
  const dial = (expected: PeerId, session = 1) =>
    links.add({ kind: 'peer', dialed: true, expected, session }, START);
  let session = 1_000;
  /** The link on which the first signal of a dial to a peer leaves. */
  const via = (peer: PeerId): Link | undefined => {
    const link = dial(peer, session++);
    const wrapped = signaling.wrap(link, counting(0, 1));
    links.remove(link.id);
    return wrapped && links.get(wrapped.via);
  };
  /** Takes the part of the node: links come about as decided. */
  const settle = (decision: SignalDecision, from: PeerId, session: number): Link | undefined => {
    if (decision.type !== 'accept') return undefined;
    if (decision.instead) links.remove(decision.instead.id);
    return links.add({ kind: 'peer', dialed: false, expected: from, session }, START);
  };
  return { links, ledger, ways, sockets: sockets as [Link, Link], near, signaling, dial, via, settle };
}

describe('who carries an own signal', () => {
  it('[R25] a supernode that the peer is connected to, whatever its place', () => {
    const { ways, via, sockets } = setUp({ supernodes: [ONE, TWO] });
    ways.mesh.set(LARGE, [NEAR]);
    ways.sockets.set(LARGE, [peerOf(99), TWO]);
    expect(via(LARGE)).toBe(sockets[1]);
  });

  it('[R25] else the mesh, else any supernode: it may know a way', () => {
    const { ways, via, near, sockets } = setUp();
    ways.sockets.set(LARGE, [peerOf(99)]);
    expect(via(LARGE)).toBe(sockets[0]);
    ways.mesh.set(LARGE, [peerOf(77), NEAR]);
    expect(via(LARGE)).toBe(near);
  });

  it('[R25] nobody who fell silent', () => {
    const { ways, via, near, sockets } = setUp({ supernodes: [ONE, TWO] });
    ways.mesh.set(LARGE, [NEAR]);
    ways.sockets.set(LARGE, [ONE]);
    sockets[0].silent = true;
    expect(via(LARGE)).toBe(near);
    near.silent = true;
    expect(via(LARGE)).toBe(sockets[1]);
    sockets[1].silent = true;
    expect(via(LARGE)).toBeUndefined();
  });

  it('[R25] another one, if a dial to the peer came to nothing by the first; and again the first when all have failed', () => {
    const { ways, sockets, near, signaling, dial, links } = setUp({ supernodes: [ONE, TWO] });
    ways.mesh.set(LARGE, [NEAR]);
    ways.sockets.set(LARGE, [ONE]);
    const fails = (session: number): Link | undefined => {
      const link = dial(LARGE, session);
      const wrapped = signaling.wrap(link, counting(0, 1));
      links.remove(link.id);
      signaling.dialFailed(link);
      return wrapped && links.get(wrapped.via);
    };
    expect([1, 2, 3, 4].map(fails)).toEqual([sockets[0], near, sockets[1], sockets[0]]);
    ways.sockets.set(FAR, [ONE]);
    expect(signaling.wrap(dial(FAR, 9), counting(0, 1))?.via).toBe(sockets[0].id);
  });

  it('[R25] without supernodes, those whom the mesh leads to can be reached and no others', () => {
    const { ways, signaling } = setUp({ supernodes: [] });
    ways.mesh.set(LARGE, [NEAR]);
    expect([signaling.possible(LARGE), signaling.possible(FAR)]).toEqual([true, false]);
  });

  it('[R25] the envelope has no route: those on the way find the next by themselves', () => {
    const { signaling, ways, dial, near } = setUp({ supernodes: [] });
    ways.mesh.set(LARGE, [NEAR]);
    const payload = counting(0, 9);
    expect(signaling.wrap(dial(LARGE, 7), payload)).toEqual({
      via: near.id,
      signal: { to: LARGE, session: 7, payload, route: [] },
    });
  });

  it('[R6] what is larger than 12 KiB is not sent', () => {
    const { signaling, dial } = setUp();
    expect(signaling.wrap(dial(LARGE), new Uint8Array(limits.signalBytesMax))).toBeDefined();
    expect(signaling.wrap(dial(LARGE), new Uint8Array(limits.signalBytesMax + 1))).toBeUndefined();
  });

  it('[R25] all signals of a session go one way, until that is closed', () => {
    const { signaling, ways, dial, near, links, sockets } = setUp();
    ways.mesh.set(LARGE, [NEAR]);
    const link = dial(LARGE, 7);
    expect(signaling.wrap(link, counting(0, 1))?.via).toBe(near.id);
    ways.sockets.set(LARGE, [ONE]);
    expect(signaling.wrap(link, counting(1, 1))?.via).toBe(near.id);
    links.remove(near.id);
    expect(signaling.wrap(link, counting(2, 1))?.via).toBe(sockets[0].id);
  });
});

describe('answers go back the way that the dial came', () => {
  it('[R25] through the mesh by the nodes that passed it on, the last of them first', () => {
    const { signaling, near, settle } = setUp();
    const offer = signalOf(LARGE, SELF, { session: 8, path: [FAR, peerOf(6), NEAR] });
    const link = settle(signaling.decide(near, offer), LARGE, 8) as Link;
    const { via, signal } = signaling.wrap(link, counting(0, 1)) ?? {};
    expect([via, signal?.route]).toEqual([near.id, [peerOf(6), FAR]]);
  });

  it('[R25] to a neighbour’s neighbour without more words', () => {
    const { signaling, near, settle } = setUp();
    const link = settle(signaling.decide(near, signalOf(LARGE, SELF, { path: [NEAR] })), LARGE, 5) as Link;
    expect(signaling.wrap(link, counting(0, 1))).toMatchObject({ via: near.id, signal: { route: [] } });
  });

  it('[R25] through the supernode that brought it, even if another would do', () => {
    const { signaling, sockets, ways, settle } = setUp({ supernodes: [ONE, TWO] });
    ways.sockets.set(LARGE, [ONE]);
    const offer = signalOf(LARGE, SELF, { path: [FAR, NEAR] });
    const link = settle(signaling.decide(sockets[1], offer), LARGE, 5) as Link;
    const { via, signal } = signaling.wrap(link, counting(0, 1)) ?? {};
    expect([via, signal?.route]).toEqual([sockets[1].id, []]);
  });

  it('[R25] a refusal, too: a node without room says so', () => {
    const { signaling, near } = setUp({ linksMax: 1 });
    const offer = signalOf(SMALL, SELF, { path: [FAR, NEAR] });
    const refusal = failureOf(offer, { reason: SignalFailure.noRoom, route: [FAR] });
    expect(signaling.decide(near, offer)).toEqual({ type: 'refuse', message: refusal });
  });
});

describe('what to do with a signal to this node', () => {
  it('[R25] one of a session goes to its link, one for another peer nowhere, nor one of its own', () => {
    const { signaling, dial, near } = setUp();
    const link = dial(LARGE, 7);
    const signal = signalOf(LARGE, SELF, { session: 7 });
    expect(signaling.decide(near, signal)).toEqual({ type: 'hand-over', link: link.id });
    expect(signaling.decide(near, { ...signal, to: SMALL })).toEqual({ type: 'ignore' });
    expect(signaling.decide(near, signalOf(SELF, SELF))).toEqual({ type: 'ignore' });
  });

  it('[R25] when both dial, the dial of the smaller id stands', () => {
    const { signaling, dial, near } = setUp();
    dial(LARGE, 1);
    const own = dial(SMALL, 2);
    expect(signaling.decide(near, signalOf(LARGE, SELF))).toEqual({ type: 'ignore' });
    expect(signaling.decide(near, signalOf(SMALL, SELF))).toEqual({ type: 'accept', instead: own });
  });

  it('[R25] what trickles in for a session that ended is stale, and who was cut is not listened to', () => {
    const { signaling, dial, links, ledger, near } = setUp();
    links.remove(dial(LARGE, 7).id);
    const decide = (session: number) => signaling.decide(near, signalOf(LARGE, SELF, { session }));
    expect(decide(7)).toEqual({ type: 'ignore' });
    expect(decide(8)).toEqual({ type: 'accept', instead: undefined });
    ledger.cut(LARGE);
    expect(decide(9)).toEqual({ type: 'ignore' });
  });

  it('[R6] one peer holds one place: a second dial of its own takes the place of the first', () => {
    const { signaling, links, near, settle } = setUp();
    const before = links.size;
    for (let session = 1; session < 40; session++) {
      const decision = signaling.decide(near, signalOf(LARGE, SELF, { session }));
      expect(decision.type).toBe('accept');
      settle(decision, LARGE, session);
    }
    expect(links.size - before).toBe(1);
  });
});

describe('word of a failure', () => {
  it('[R25] ends a dial that is still opening, and nothing else', () => {
    const { signaling, dial, links, sockets } = setUp();
    const link = dial(LARGE, 7);
    signaling.wrap(link, counting(0, 1));
    const failed = failureOf(signalOf(SELF, LARGE, { session: 7 }));
    expect(signaling.failed(sockets[0], failed)).toBe(link);
    expect(signaling.failed(sockets[0], { ...failed, from: SMALL })).toBeUndefined();
    expect(signaling.failed(sockets[0], { ...failed, session: 8 })).toBeUndefined();
    links.transportOpened(link.id, START);
    expect(signaling.failed(sockets[0], failed)).toBeUndefined();
  });

  it('[R25] counts only from where the dial went out: it is not signed, and others could forge it', () => {
    const { signaling, dial, near, sockets } = setUp();
    const link = dial(LARGE, 7);
    const failed = failureOf(signalOf(SELF, LARGE, { session: 7 }));
    expect(signaling.failed(near, failed)).toBeUndefined();
    signaling.wrap(link, counting(0, 1));
    expect(signaling.failed(near, failed)).toBeUndefined();
    expect(signaling.failed(sockets[0], failed)).toBe(link);
  });
});

describe('a carrier that lied', () => {
  it('[R25] links that are being opened with its signals are known, to be dialed another way', () => {
    const { signaling, dial, sockets, links } = setUp({ supernodes: [ONE, TWO] });
    const pending = dial(FAR);
    const via = signaling.wrap(pending, counting(0, 1))?.via;
    const [carrier, other] = via === sockets[0]?.id ? sockets : [...sockets].reverse();
    expect(signaling.openingBy((carrier as Link).id)).toEqual([pending]);
    expect(signaling.openingBy((other as Link).id)).toEqual([]);
    links.transportOpened(pending.id, START);
    expect(signaling.openingBy((carrier as Link).id)).toEqual([]);
  });
});
