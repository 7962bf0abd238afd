import { describe, expect, it } from 'vitest';
import { counting, peerOf, streamOf } from '../../test-kit/ids.ts';
import { host, hostRecord, memberOf, PeerScene, stream, supernodeOf } from '../../test-kit/peer-scene.ts';
import { linkListOf, recordOf } from '../../test-kit/records.ts';
import type { PeerId } from '../lib/ids.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import type { MembershipRecord } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import { RefusalReason } from '../wire/tree-messages.ts';
import { JoinStep } from './events.ts';
import type { Link } from './links.ts';
import { CLIMBS_AT_ONCE } from './settings.ts';

const members = (from: number, count: number): MembershipRecord[] =>
  Array.from({ length: count }, (_, at) => memberOf(from + at));
const peers = (from: number, count: number): PeerId[] => members(from, count).map(({ id }) => id);
const abroad = (number: number): MembershipRecord => recordOf(number, { stream: streamOf(70) });

describe('joining', () => {
  it('[R24] goes through its steps, in order: contact, redirection, association, validation, a parent, the first frame', () => {
    const scene = new PeerScene();
    expect(scene.dialed('supernode').link).toBe(1);
    const via = scene.toSupernode();
    expect(scene.sent(MessageType.redirectRequest)).toMatchObject([
      { link: via, message: { intent: 0, stream } },
    ]);
    const joined = new PeerScene();
    const { link } = joined.joined();
    expect(joined.sent(MessageType.subscribe)).toMatchObject([{ link, message: { fromSeq: undefined } }]);
    joined.input({ type: 'packet', link, packet: { type: 'frame', frame: host.authentic(10) } });
    expect(joined.events('join-step').map(({ step }) => step)).toEqual(Object.values(JoinStep));
    expect(joined.events('message')).toHaveLength(1);
    expect(joined.events('parent-changed')).toEqual([
      { type: 'parent-changed', stripe: 0, parent: host.peer },
    ]);
  });

  /** As many neighbours as there is room for, all of them idle but the host. */
  function full() {
    const scene = new PeerScene();
    const { link, via } = scene.joined();
    for (let number = 100; scene.node.links.room > 0; number++) scene.accepted(via, peerOf(number));
    return { scene, link, via };
  }

  it('[R26] a node with places for children, and no link left, gives up one that carried nothing', () => {
    const { scene, link } = full();
    scene.live(8_000);
    expect(scene.events('link-closed')).toEqual([]);
    scene.live(8_000);
    expect(scene.events('link-closed')[0]).toMatchObject({ peer: peerOf(100), reason: 'it carried nothing' });
    expect(scene.node.links.get(link)?.state).toBe('open');
    expect(scene.node.links.room).toBe(2);
  });

  it('[R26] a node without a link left that knows of a better place gives up one that carried nothing, to dial there', () => {
    const { scene, link, via } = full();
    scene.input({ type: 'set-offer', uploadBitsPerSecond: Number.POSITIVE_INFINITY, slots: 0 });
    scene.live(12_000);
    expect(scene.node.links.room).toBe(0);
    scene.answer(via, members(500, 1));
    const alternatives = peers(500, 1);
    scene.say(link, {
      type: MessageType.refused,
      epoch: 1_000,
      stripe: 0,
      reason: RefusalReason.makeRoom,
      alternatives,
    });
    expect(scene.dialed('peer').peer).toBe(alternatives[0]);
    expect(scene.events('link-closed')).toMatchObject([{ peer: peerOf(100) }]);
  });

  it('[R26] links that would only bring it nearer to the host are dialed a few at once, and then rarely', () => {
    const scene = new PeerScene();
    const { link, via } = scene.joined();
    const climb = (number: number): boolean => {
      scene.answer(via, members(number, 1));
      const [alternative] = peers(number, 1) as [PeerId];
      const before = scene.dialedPeers().length;
      const refused = { type: MessageType.refused, epoch: 1_000, stripe: 0, reason: RefusalReason.makeRoom };
      scene.say(link, { ...refused, alternatives: [alternative] });
      const hasDialed = scene.dialedPeers().length > before;
      for (const { id, state, kind } of [...scene.node.links.all()])
        if (kind === 'peer' && state === 'opening')
          scene.input({ type: 'closed', link: id, reason: 'failed' });
      return hasDialed;
    };
    for (let number = 100; scene.node.links.room > 8; number++) scene.accepted(via, peerOf(number));
    const climbs = members(500, 2 * CLIMBS_AT_ONCE).map((_, at) => climb(500 + at));
    expect(climbs.filter(Boolean)).toHaveLength(CLIMBS_AT_ONCE);
  });

  it('[R24] says when members were named and none could be reached for a while', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    scene.answer(via, members(10, 2));
    for (let second = 0; second < 20; second++) {
      for (const { link } of scene.dials('peer')) scene.input({ type: 'closed', link, reason: 'failed' });
      scene.answer(via, members(10, 2));
      scene.run(1_000);
    }
    const reasons = scene.events('join-trouble').map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(new Set(['no-path']));
  });

  it('[R31] a peer that came by signaling and says that it is a supernode is cut', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    scene.answer(via, members(10, 1));
    const { link } = scene.dialed('peer');
    scene.open(link, peerOf(10), Role.supernode);
    expect(scene.events('peer-cut')).toEqual([
      { type: 'peer-cut', peer: peerOf(10), offence: 'wrong-identity' },
    ]);
    expect(scene.node.links.openTo(peerOf(10))).toBeUndefined();
  });

  it('[R24] asks again every second while there is nobody to link with, and says so', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    scene.answer(via, []);
    const before = scene.sent(MessageType.redirectRequest).length;
    scene.run(1_000);
    expect(scene.events('join-trouble')).toEqual([{ type: 'join-trouble', reason: 'no-members' }]);
    scene.run(5_000);
    expect(scene.sent(MessageType.redirectRequest).length - before).toBe(6);
  });

  it('[R24] says when no supernode can be reached, and keeps dialing', () => {
    const scene = new PeerScene();
    scene.input({ type: 'closed', link: scene.dialed('supernode').link, reason: 'refused' });
    scene.run(3_000);
    expect(scene.events('join-trouble')[0]).toEqual({ type: 'join-trouble', reason: 'no-supernode' });
    expect(scene.dials('supernode').length).toBeGreaterThanOrEqual(2);
  });

  it('[R24] a redirect answer counts only on a link to a supernode', () => {
    const scene = new PeerScene();
    const { link } = scene.joined();
    scene.answer(link, members(50, 1));
    expect(scene.node.graph.replica.member(peerOf(50))).toBeUndefined();
  });

  it('[R28] dials a few members at once, and one that failed not again too soon', () => {
    const scene = new PeerScene();
    scene.answer(scene.toSupernode(), members(100, 20));
    expect(scene.dialedPeers()).toHaveLength(4);
    scene.input({ type: 'closed', link: scene.dialed('peer').link, reason: 'failed' });
    scene.run(1_500);
    expect(new Set(scene.dialedPeers()).size).toBe(scene.dialedPeers().length);
    expect(scene.dialedPeers()).toHaveLength(5);
  });

  it('[R10] notices that the host is silent', () => {
    const scene = new PeerScene();
    scene.joined();
    scene.run(5_000);
    expect(scene.events('stream-silent')).toEqual([]);
    scene.run(2_000);
    expect(scene.events('stream-silent')[0]?.silentMs).toBeGreaterThanOrEqual(6_000);
  });
});

describe('redirection by several supernodes', () => {
  it('[R24] waits for all that may answer, and dials first whom most of them name', () => {
    const scene = new PeerScene({ supernodeCount: 2 });
    const [one, two] = [scene.toSupernode(0), scene.toSupernode(1)];
    scene.answer(one, [...members(100, 10), ...members(300, 2)]);
    expect(scene.dialedPeers()).toEqual([]);
    scene.answer(two, [...members(200, 10), ...members(300, 2)]);
    expect(scene.dialedPeers()).toHaveLength(4);
    expect(new Set(scene.dialedPeers().slice(0, 2))).toEqual(new Set(peers(300, 2)));
  });

  it('[R24] a supernode that names only its own gets no more than its share of the dials', () => {
    const scene = new PeerScene({ supernodeCount: 2 });
    const [honest, liar] = [scene.toSupernode(0), scene.toSupernode(1)];
    scene.answer(honest, members(100, 3));
    scene.answer(liar, members(1_000, 32));
    const ofLiar = scene.dialedPeers().filter((peer) => peers(1_000, 32).includes(peer));
    expect([scene.dialedPeers().length, ofLiar.length]).toEqual([4, 2]);
  });

  it('[R24] one that is slow is waited for a second, one that is dead not at all', () => {
    const slow = new PeerScene({ supernodeCount: 2 });
    slow.toSupernode(1);
    slow.answer(slow.toSupernode(0), members(100, 10));
    slow.run(999);
    expect(slow.dialedPeers()).toEqual([]);
    slow.run(1);
    expect(slow.dialedPeers()).toHaveLength(4);

    const dead = new PeerScene({ supernodeCount: 2 });
    const [, second] = dead.dials('supernode');
    if (second) dead.input({ type: 'closed', link: second.link, reason: 'refused' });
    dead.answer(dead.toSupernode(0), members(100, 10));
    expect(dead.dialedPeers()).toHaveLength(4);
  });

  it('[R24] of a long list only the first 8 supernodes are used', () => {
    expect(new PeerScene({ supernodeCount: 12 }).dials('supernode')).toHaveLength(8);
  });

  it('[R24] within a minute half of the links that were proposed are replaced by others', () => {
    const scene = new PeerScene();
    scene.answer(scene.toSupernode(), members(100, 12));
    scene.live(3_000, () => true);
    const proposed = scene.dialedPeers();
    expect(proposed).toHaveLength(5);
    const [low, high] = [100, 500].map((from) => Array.from({ length: 12 }, (_, at) => from + at));
    const lists = [
      ...(low ?? []).map((number) => linkListOf(number, high ?? [])),
      ...(high ?? []).map((number) => linkListOf(number, low ?? [])),
    ];
    const teller = scene.node.links.openTo(proposed[0] as PeerId) as Link;
    scene.say(teller.id, { type: MessageType.records, records: members(500, 12) });
    scene.say(teller.id, { type: MessageType.links, lists });
    scene.live(57_000, () => true);
    const open = [...scene.node.links.open()].flatMap(({ kind, peer }) => (kind === 'peer' ? [peer] : []));
    const of = (ids: readonly PeerId[]): number => open.filter((peer) => ids.includes(peer as PeerId)).length;
    expect([of(proposed), of(peers(500, 12))]).toEqual([2, 3]);
    expect(scene.events('link-closed').map(({ reason }) => reason)).toEqual(Array(3).fill('replaced'));
  });

  it('[R24] but never the one to the host, who needs nobody to vouch for it', () => {
    const scene = new PeerScene();
    const { link, via } = scene.joined();
    const teller = scene.accepted(via, peerOf(100));
    scene.say(teller, { type: MessageType.records, records: members(500, 12) });
    scene.live(60_000, () => true);
    expect(scene.events('link-closed')).toEqual([]);
    expect(scene.node.links.get(link)?.state).toBe('open');
  });
});

describe('a node without room', () => {
  it('[R6] dials nobody, not even to replace a link that was proposed', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    scene.answer(via, members(100, 5));
    scene.live(3_000, () => true);
    for (let number = 200; scene.node.links.room > 0; number++) scene.accepted(via, peerOf(number));
    const dials = scene.dialedPeers().length;
    const teller = scene.node.links.openTo(peerOf(200)) as Link;
    scene.say(teller.id, { type: MessageType.records, records: members(500, 12) });
    scene.live(18_000, () => true);
    expect([scene.dialedPeers().length, scene.of('close')]).toEqual([dials, []]);
  });
});

describe('links to other streams', () => {
  it('[R24] bridges are dialed, and told of as steps of their own', () => {
    const scene = new PeerScene();
    scene.answer(scene.toSupernode(), [hostRecord()], [abroad(80), abroad(81), abroad(82)]);
    scene.live(3_000, (peer) => peer === host.peer);
    const bridges = scene.dialedPeers().filter((peer) => peer !== host.peer);
    expect(bridges).toHaveLength(2);
    const dial = scene.dials('peer').find(({ peer }) => peer === bridges[0]);
    if (dial?.peer !== undefined) scene.open(dial.link, dial.peer, 2, streamOf(70));
    expect(scene.events('graph-step')).toEqual([
      { type: 'graph-step', step: 'bridging', peers: 2 },
      { type: 'graph-step', step: 'bridged', peers: 1 },
    ]);
  });

  it('[R26] a node has at most 6 of them', () => {
    const scene = new PeerScene();
    const { via } = scene.joined();
    for (let number = 80; number < 86; number++) scene.accepted(via, peerOf(number), streamOf(70));
    const link = scene.accepted(via, peerOf(86), streamOf(70));
    expect(scene.of('close')).toEqual([{ type: 'close', link, reason: GoodbyeReason.tooManyLinks }]);
    expect(scene.node.links.openTo(peerOf(85))).toBeDefined();
  });
});

describe('without supernodes', () => {
  it('[R25] members are dialed through the mesh', () => {
    const scene = new PeerScene();
    const { link, via } = scene.joined();
    scene.input({ type: 'closed', link: via, reason: 'gone' });
    scene.say(link, { type: MessageType.records, records: members(50, 1) });
    scene.live(1_000);
    const dial = scene.dials('peer').find(({ peer }) => peer === peerOf(50));
    if (!dial) throw new Error('not dialed');
    scene.input({ type: 'signal-out', link: dial.link, payload: counting(0, 3) });
    expect(scene.of('send-signal')).toMatchObject([{ link, signal: { to: peerOf(50), route: [] } }]);
  });

  it('[R25] a dial whose signal nobody carries is given up at once', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    scene.answer(via, members(50, 1));
    const dial = scene.dialed('peer');
    scene.input({ type: 'closed', link: via, reason: 'gone' });
    scene.input({ type: 'signal-out', link: dial.link, payload: counting(0, 3) });
    expect(scene.of('close')).toMatchObject([{ link: dial.link }]);
    expect(scene.node.links.get(dial.link)).toBeUndefined();
  });

  it('[R28] neighbours that fell silent together are dialed again, even if the graph has forgotten them', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    const accept = (count: number): void => {
      for (const peer of peers(50, count)) scene.accepted(via, peer);
    };
    accept(3);
    scene.run(7_000);
    expect(scene.events('link-closed').map(({ reason }) => reason)).toEqual(Array(3).fill('timed out'));
    scene.live(60_000);
    expect(new Set(scene.dialedPeers())).toEqual(new Set(peers(50, 3)));

    const crashed = new PeerScene();
    crashed.accepted(crashed.toSupernode(), peerOf(50));
    crashed.run(7_000);
    crashed.live(60_000);
    expect(crashed.dialedPeers()).toEqual([]);
  });

  it('[R23] a part that was cut off is dialed', () => {
    const scene = new PeerScene();
    const { link } = scene.joined();
    const far = [50, 51, 52];
    const lists = far.map((number) =>
      linkListOf(
        number,
        far.filter((other) => other !== number),
      ),
    );
    scene.say(link, { type: MessageType.records, records: members(50, 3) });
    scene.say(link, { type: MessageType.links, lists });
    // Who was heard of just now is dialed like anybody; here nobody opens, and after 20 s they count as gone.
    scene.live(40_000);
    const before = scene.dialedPeers().length;
    scene.live(120_000);
    expect(scene.dialedPeers().slice(before).length).toBeGreaterThan(0);
  });
});

describe('hosting', () => {
  it('[R4] takes one nonce of those that its supernodes propose, once', () => {
    const scene = new PeerScene({ role: 'host', stream: undefined, supernodeCount: 2 });
    const [one, two] = [scene.toSupernode(0), scene.toSupernode(1)];
    scene.answer(one, [], [], counting(1, 16));
    expect(scene.events('nonce-proposed')).toEqual([]);
    scene.answer(two, [], [], counting(2, 16));
    const [proposed] = scene.events('nonce-proposed');
    expect([counting(1, 16), counting(2, 16)]).toContainEqual(proposed?.nonce);
    scene.answer(two, [], [], counting(3, 16));
    scene.run(5_000);
    expect(scene.events('nonce-proposed')).toHaveLength(1);
    expect(supernodeOf(0)).not.toBe(supernodeOf(1));
  });
});
