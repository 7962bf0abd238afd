/** Who is believed to be a supernode by a supernode, and how links between supernodes come about. */
import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { recordOf } from '../../test-kit/records.ts';
import { SupernodeScene } from '../../test-kit/supernode-scene.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { Offence } from './events.ts';
import { Links } from './links.ts';
import type { NodeOutput } from './node-contract.ts';
import type { SupernodeEvent } from './supernode-settings.ts';
import { LISTED_MAX, Trunks, trunkTimings } from './trunks.ts';

/** The scene's supernode is 0; ids are ordered like these numbers. */
const [SELF, ONE, TWO, MALLORY] = [0, 1, 2, 66].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];
const [URL_ONE, URL_TWO] = ['wss://one.example/link', 'wss://two.example/link'];
const supernode = { role: Role.supernode };

const isOpen = (scene: SupernodeScene, peer: PeerId) =>
  scene.node.links.openTo(peer)?.role === Role.supernode;
const events = (outputs: readonly NodeOutput<SupernodeEvent>[]) =>
  outputs.flatMap((output) => (output.type === 'event' ? [output.event] : []));
const dials = (scene: SupernodeScene) =>
  scene.dials.map(({ address }) => ('url' in address ? address.url : ''));
const newest = (scene: SupernodeScene): LinkId => scene.dials.at(-1)?.link as LinkId;
const incoming = (scene: SupernodeScene): LinkId => scene.node.incoming(scene.now) as LinkId;
const say = (scene: SupernodeScene, link: LinkId, message: Parameters<SupernodeScene['say']>[1]) =>
  scene.input({ type: 'packet', link, packet: { type: 'message', message } });

/** A scene that dials ONE and waits for TWO. */
const listing = (): SupernodeScene =>
  new SupernodeScene({ listed: [{ id: ONE, url: URL_ONE }, { id: TWO }] });

describe('who is a supernode', () => {
  it('[R40] a listed one, when the proofs of both ends are exchanged, in either order', () => {
    const scene = listing();
    const [dialed, came] = [newest(scene), incoming(scene)];
    scene.hello(dialed, ONE, Role.supernode, undefined);
    scene.hello(came, TWO, Role.supernode, undefined);
    expect(scene.outputs).toContainEqual({ type: 'sign-proof', link: dialed });
    scene.proves(dialed);
    scene.takesProof(came);
    expect([isOpen(scene, ONE), isOpen(scene, TWO)]).toEqual([false, false]);
    scene.takesProof(dialed);
    scene.proves(came);
    expect([isOpen(scene, ONE), isOpen(scene, TWO)]).toEqual([true, true]);
    const proof = { type: MessageType.trunkProof, signature: new Uint8Array(64) };
    for (const link of [dialed, came])
      expect(scene.outputs).toContainEqual({ type: 'send', link, message: proof });
  });

  it('[R40] who is not listed is told so and named to the operator, and has nothing of a supernode’s', () => {
    const scene = listing();
    const link = incoming(scene);
    const outputs = scene.hello(link, MALLORY, Role.supernode, undefined);
    expect(outputs).toContainEqual({ type: 'close', link, reason: GoodbyeReason.notListed });
    expect(events(outputs)).toEqual([{ type: 'trunk-refused', peer: MALLORY, reason: 'not-listed' }]);
    expect(outputs.map(({ type }) => type)).not.toContain('sign-proof');
    expect(scene.node.rejected).toEqual({ 'supernode-not-listed': 1 });
    scene.takesProof(link);
    say(scene, link, { type: MessageType.records, records: [recordOf(5)] });
    expect([isOpen(scene, MALLORY), scene.node.graph.replica.size]).toEqual([false, 0]);
  });

  it('[R40] a hello that another passed on opens nothing without the proof: what comes on that link does not count', () => {
    const scene = listing();
    scene.connect(TWO, supernode);
    const [theirs, relayed] = [scene.linkOf(TWO), incoming(scene)];
    scene.hello(relayed, TWO, Role.supernode, undefined);
    scene.proves(relayed);
    say(scene, relayed, { type: MessageType.records, records: [recordOf(5)] });
    expect(scene.node.graph.replica.size).toBe(0);
    // The gate says so of a proof for somebody else. The one in whose name it came is not to blame.
    const outputs = scene.input({ type: 'offence', link: relayed, offence: Offence.wrongIdentity });
    expect(outputs).toContainEqual({ type: 'close', link: relayed, reason: GoodbyeReason.wrongIdentity });
    expect(scene.node.links.openTo(TWO)?.id).toBe(theirs);
    expect(scene.connect(TWO, supernode)).toBeDefined();
    expect(isOpen(scene, TWO)).toBe(true);
  });

  it('[R40] without a proof the link is given up', () => {
    const scene = listing();
    const link = incoming(scene);
    scene.hello(link, TWO, Role.supernode, undefined);
    scene.proves(link);
    scene.run(21_000);
    expect(scene.node.links.get(link)).toBeUndefined();
    expect(scene.takesProof(link)).toEqual([]);
  });

  it('[R40] one that is taken off the list is told goodbye, and one that is put on it is dialed', () => {
    const scene = listing();
    scene.connect(TWO, supernode);
    const outputs = scene.list([{ id: MALLORY, url: URL_TWO }]);
    expect(outputs).toContainEqual({
      type: 'close',
      link: scene.linkOf(TWO),
      reason: GoodbyeReason.notListed,
    });
    expect(isOpen(scene, TWO)).toBe(false);
    expect(dials(scene)).toEqual([URL_ONE, URL_TWO]);
  });

  it('[R6] the list is bounded', () => {
    const listed = Array.from({ length: 100 }, (_, at) => ({ id: peerOf(100 + at) }));
    expect(new SupernodeScene({ listed }).node.trunks.size).toBe(LISTED_MAX);
  });
});

describe('dialing other supernodes', () => {
  it('[R40] with a back-off that doubles up to 30 s, more or less by a quarter', () => {
    const scene = listing();
    let seconds = 1;
    for (let failures = 0; failures < 8; failures++) {
      scene.input({ type: 'closed', link: newest(scene), reason: 'refused' });
      const before = scene.dials.length;
      scene.run(seconds * 750 - 1);
      expect(scene.dials.length).toBe(before);
      scene.run(seconds * 500 + 2);
      expect(scene.dials.length).toBe(before + 1);
      seconds = Math.min(30, seconds * 2);
    }
  });

  it('[R40] those who were cut off together do not come back together', () => {
    const times = [1, 2, 3, 4].map((seed) => {
      const links = new Links(SELF, 20);
      const trunks = new Trunks(SELF, links, seededRandom(seed));
      trunks.list([{ id: ONE, url: URL_ONE }], START);
      const link = links.add(
        { kind: 'supernode', dialed: true, expected: ONE, url: URL_ONE as string },
        START,
      );
      trunks.dialed(ONE, link.id);
      trunks.closed(link, START);
      return trunks.deadline;
    });
    expect(new Set(times).size).toBe(4);
  });

  it('[R40] a trunk that keeps breaking is not dialed without end, one that has lasted is dialed again soon', () => {
    const scene = listing();
    const lose = (afterMs: number): number => {
      scene.greet(newest(scene), ONE, supernode);
      const before = scene.dials.length;
      for (let ms = 0; ms < afterMs; ms += 1_000) {
        scene.run(1_000);
        scene.say(ONE, { type: MessageType.ping, number: 1 });
      }
      scene.input({ type: 'closed', link: newest(scene), reason: 'gone' });
      const lostAt = scene.now;
      while (scene.dials.length === before) scene.run(100);
      return scene.now - lostAt;
    };
    const waits = [1, 2, 3, 4, 5].map(() => lose(1_000));
    expect(waits.at(-1)).toBeGreaterThan(10_000);
    expect(lose(trunkTimings.settledAfterMs + 1_000)).toBeLessThan(1_500);
  });

  it('[R40] not itself: one that is listed is left out, and one that answers at another’s address is named', () => {
    const own = new SupernodeScene({ listed: [{ id: SELF, url: URL_ONE }] });
    own.run(5_000);
    expect(own.dials).toEqual([]);
    const scene = listing();
    const outputs = scene.hello(newest(scene), SELF, Role.supernode, undefined);
    expect(events(outputs)).toContainEqual({
      type: 'trunk-failed',
      peer: ONE,
      url: URL_ONE,
      reason: 'this-supernode-itself',
      found: SELF,
    });
    expect(outputs).toContainEqual({
      type: 'close',
      link: newest(scene),
      reason: GoodbyeReason.wrongIdentity,
    });
    scene.run(trunkTimings.helplessMs * 0.7);
    expect(scene.dials).toHaveLength(1);
    scene.run(trunkTimings.helplessMs * 0.6);
    expect(scene.dials).toHaveLength(2);
  });

  it.each([
    [MALLORY, Role.supernode, 'another-supernode'],
    [ONE, Role.viewer, 'no-supernode'],
  ])('[R40] who answers and is somebody else, or no supernode, is named (%s, %s)', (peer, role, reason) => {
    const scene = listing();
    const outputs = scene.hello(newest(scene), peer, role, undefined);
    expect(events(outputs)).toMatchObject([{ type: 'trunk-failed', peer: ONE, reason, found: peer }]);
    expect(isOpen(scene, peer)).toBe(false);
    expect(scene.node.links.openTo(peer)).toBeUndefined();
  });

  it('[R40] who does not list this one is named, and asked again after a minute', () => {
    const scene = listing();
    const link = newest(scene);
    scene.hello(link, ONE, Role.supernode, undefined);
    const outputs = say(scene, link, { type: MessageType.goodbye, reason: GoodbyeReason.notListed });
    expect(events(outputs)).toMatchObject([{ type: 'trunk-failed', peer: ONE, reason: 'not-listed-there' }]);
    scene.run(40_000);
    expect(scene.dials).toHaveLength(1);
    scene.run(40_000);
    expect(scene.dials).toHaveLength(2);
  });

  it('[R40][R26] when both dial each other one link stays, the one that the smaller id dialed, and nobody dials again', () => {
    for (const [self, stays] of [
      [SELF, 'dialed'],
      [peerOf(2), 'came'],
    ] as const) {
      const scene = new SupernodeScene({ listed: [{ id: ONE, url: URL_ONE }] }, self);
      const [dialed, came] = [newest(scene), incoming(scene)];
      scene.greet(came, ONE, supernode);
      scene.greet(dialed, ONE, supernode);
      expect(scene.node.links.openTo(ONE)?.id, stays).toBe(stays === 'dialed' ? dialed : came);
      for (let second = 0; second < 120; second++) {
        const link = scene.node.links.openTo(ONE)?.id as LinkId;
        say(scene, link, { type: MessageType.ping, number: 1 });
        scene.run(1_000);
      }
      expect([isOpen(scene, ONE), scene.dials.length]).toEqual([true, 1]);
    }
  });

  it('[R27][R40] a trunk that is silent for 18 s is given up, and dialed again', () => {
    const scene = listing();
    scene.greet(newest(scene), ONE, supernode);
    scene.run(17_000);
    expect(isOpen(scene, ONE)).toBe(true);
    scene.run(2_500);
    expect([isOpen(scene, ONE), scene.dials.length]).toEqual([false, 2]);
  });
});

describe('a listed supernode that offends', () => {
  it('[R31][R40] is cut off for a minute, and for twice as long each time: not dialed, not let in', () => {
    const scene = listing();
    for (const minutes of [1, 2, 4]) {
      const link = newest(scene);
      scene.greet(link, ONE, supernode);
      scene.input({ type: 'offence', link, offence: Offence.forgedRecord });
      const before = scene.dials.length;
      const again = incoming(scene);
      const outputs = scene.hello(again, ONE, Role.supernode, undefined);
      expect(events(outputs)).toEqual([{ type: 'trunk-refused', peer: ONE, reason: 'cut-off' }]);
      scene.run(minutes * 60_000 - 1_000);
      expect(scene.dials.length).toBe(before);
      scene.run(3_000);
      expect(scene.dials.length).toBe(before + 1);
    }
  });

  it('[R40] others are not affected', () => {
    const scene = listing();
    scene.greet(newest(scene), ONE, supernode);
    scene.connect(TWO, supernode);
    scene.input({ type: 'offence', link: newest(scene), offence: Offence.flood });
    expect([isOpen(scene, ONE), isOpen(scene, TWO)]).toEqual([false, true]);
  });
});
