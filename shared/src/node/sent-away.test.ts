/** A supernode that will stop sends its clients away; the stream goes on. */
import { describe, expect, it } from 'vitest';
import { peerOf } from '../../test-kit/ids.ts';
import { PeerScene, supernodeOf, supernodeUrl } from '../../test-kit/peer-scene.ts';
import type { LinkId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { Links } from './links.ts';
import { SupernodeContacts } from './supernode-contacts.ts';

const [FAR, FARTHER] = ['wss://far.example/link', 'wss://farther.example/link'];

function sendAway(scene: PeerScene, link: LinkId, alternates: readonly string[] = [FAR, FARTHER]): void {
  scene.say(link, { type: MessageType.goAway, withinMs: 10_000, alternates });
}

/** One supernode, which sends the node away, and where it went instead. */
function moved() {
  const scene = new PeerScene();
  const old = scene.toSupernode();
  sendAway(scene, old);
  scene.live(8_000);
  const standIn = scene.dialed('supernode');
  scene.open(standIn.link, supernodeOf(5), Role.supernode, undefined);
  return { scene, old, standIn };
}

const urls = (scene: PeerScene) => scene.dials('supernode').map(({ url }) => url);
const isOpen = (scene: PeerScene, link: LinkId) => scene.node.links.get(link)?.state === 'open';

describe('sent away by a supernode', () => {
  it('[R36] one alternate is dialed within the time, and the old socket stays until the new one has been open for 2 s', () => {
    const { scene, old, standIn } = moved();
    expect([FAR, FARTHER]).toContain(standIn.url);
    expect(urls(scene)).toHaveLength(2);
    scene.live(1_500);
    expect(isOpen(scene, old)).toBe(true);
    scene.live(1_000);
    expect(isOpen(scene, old)).toBe(false);
    expect(isOpen(scene, standIn.link)).toBe(true);
    expect(scene.node.supernodesConnected).toBe(1);
  });

  it('[R36] links to peers, and what they carry, are not touched', () => {
    const scene = new PeerScene();
    const { link } = scene.joined();
    const old = [...scene.node.links.open()].find(({ kind }) => kind === 'supernode')?.id as LinkId;
    sendAway(scene, old);
    scene.input({ type: 'closed', link: old, reason: 'stopping' });
    scene.live(5_000);
    expect(isOpen(scene, link)).toBe(true);
  });

  it('[R36] nodes move at different times, and in time', () => {
    const times = [1, 2, 3, 4].map((seed) => {
      const links = new Links(peerOf(1), 20);
      const contacts = new SupernodeContacts([supernodeUrl(0)], links);
      const { id } = links.add({ kind: 'supernode', dialed: true, url: supernodeUrl(0) }, 0);
      contacts.dialed(supernodeUrl(0), id);
      contacts.sendAway(id, { alternates: [FAR], withinMs: 10_000 }, seededRandom(seed), 0);
      return contacts.deadline;
    });
    expect(new Set(times).size).toBe(4);
    expect(Math.max(...times)).toBeLessThan(8_000);
  });

  it('[R36] an alternate that cannot be reached gives way to the next', () => {
    const scene = new PeerScene();
    sendAway(scene, scene.toSupernode());
    for (let tries = 0; tries < 2; tries++) {
      scene.live(8_000);
      scene.input({ type: 'closed', link: scene.dialed('supernode').link, reason: 'refused' });
    }
    expect(new Set(urls(scene).slice(1))).toEqual(new Set([FAR, FARTHER]));
  });

  it('[R36] when the old one is back, the socket to the alternate is given up', () => {
    const { scene, standIn } = moved();
    scene.live(6_000);
    const back = scene.dialed('supernode');
    expect(back.url).toBe(supernodeUrl(0));
    scene.open(back.link, supernodeOf(0), Role.supernode, undefined);
    expect(scene.node.links.get(standIn.link)).toBeUndefined();
    scene.live(20_000);
    expect(urls(scene).filter((url) => url === standIn.url)).toHaveLength(1);
    expect(scene.node.supernodesConnected).toBe(1);
  });

  it('[R36] who has another supernode goes nowhere, closes the socket after 2 s, and comes back when the supernode does', () => {
    const scene = new PeerScene({ supernodeCount: 2 });
    const old = scene.toSupernode(0);
    const other = scene.toSupernode(1);
    sendAway(scene, old);
    scene.live(1_500);
    expect(isOpen(scene, old)).toBe(true);
    scene.live(1_000);
    expect([isOpen(scene, old), isOpen(scene, other)]).toEqual([false, true]);
    scene.live(10_000);
    expect(urls(scene)).toEqual([supernodeUrl(0), supernodeUrl(1), supernodeUrl(0)]);
    expect(scene.node.supernodesConnected).toBe(1);
  });

  it('[R36] another one that is going away itself does not count', () => {
    const scene = new PeerScene({ supernodeCount: 2 });
    const [one, two] = [scene.toSupernode(0), scene.toSupernode(1)];
    sendAway(scene, one, [FAR]);
    sendAway(scene, two, [FARTHER]);
    scene.live(10_000);
    expect(new Set(urls(scene).slice(2))).toEqual(new Set([FAR, FARTHER]));
    expect([isOpen(scene, one), isOpen(scene, two)]).toEqual([true, true]);
    scene.open(scene.dialed('supernode').link, supernodeOf(5), Role.supernode, undefined);
    scene.live(2_500);
    expect([one, two].filter((link) => isOpen(scene, link))).toHaveLength(1);
  });

  it('[R36] another one that is lost in these 2 s does not count either: then the node moves', () => {
    const scene = new PeerScene({ supernodeCount: 2 });
    const [one, two] = [scene.toSupernode(0), scene.toSupernode(1)];
    sendAway(scene, one);
    scene.live(1_000);
    scene.input({ type: 'closed', link: two, reason: 'gone' });
    scene.live(10_000);
    expect(isOpen(scene, one)).toBe(true);
    expect(urls(scene).filter((url) => url === FAR || url === FARTHER)).toHaveLength(1);
  });

  it('[R36] a second word of the same supernode, an own address and an empty list change nothing', () => {
    const scene = new PeerScene();
    const old = scene.toSupernode();
    sendAway(scene, old, []);
    sendAway(scene, old);
    scene.live(10_000);
    const other = new PeerScene();
    sendAway(other, other.toSupernode(), [supernodeUrl(0)]);
    other.live(10_000);
    expect([urls(scene), urls(other)]).toEqual([[supernodeUrl(0)], [supernodeUrl(0)]]);
  });

  it('[R36] a peer sends nobody away, and names no ICE servers [R37]', () => {
    const scene = new PeerScene();
    const { link } = scene.joined();
    sendAway(scene, link);
    scene.say(link, { type: MessageType.iceServers, lifetimeSeconds: 60, servers: [] });
    scene.live(10_000);
    expect(urls(scene)).toEqual([supernodeUrl(0)]);
    expect(scene.events('ice-servers')).toEqual([]);
  });
});

it('[R37] ICE servers of a supernode are told to the application', () => {
  const scene = new PeerScene();
  const servers = [{ url: 'turn:t', username: 'u', credential: 'c' }];
  scene.say(scene.toSupernode(), { type: MessageType.iceServers, lifetimeSeconds: 60, servers });
  expect(scene.events('ice-servers')).toMatchObject([
    { supernode: supernodeOf(0), lifetimeSeconds: 60, servers },
  ]);
});
