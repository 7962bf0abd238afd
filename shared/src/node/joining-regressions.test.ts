/** Bugs of joining that a review found, each with the smallest scene that showed it. */
import { describe, expect, it } from 'vitest';
import { Signer } from '../../test-kit/crypto.ts';
import { START, STREAM } from '../../test-kit/frames.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { openLink } from '../../test-kit/links.ts';
import { linkListOf, recordOf } from '../../test-kit/records.ts';
import { SearchScene } from '../../test-kit/search-scene.ts';
import { SupernodeScene } from '../../test-kit/supernode-scene.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { encodeMessage } from '../wire/codec.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import type { NodeEvent } from './events.ts';
import { LinkRenewal } from './link-renewal.ts';
import { Links } from './links.ts';
import { PeerDriver } from './peer-driver.ts';
import { Channel, type LinkSink } from './ports.ts';
import { defaultPeerSettings } from './settings.ts';

/** A viewer on its real gate, with two supernodes. */
function viewer() {
  let sink: LinkSink | undefined;
  let now = START;
  let timer: { atMs: number; callback: () => void } | undefined;
  const host = new Signer(9);
  const events: NodeEvent[] = [];
  const dials: LinkId[] = [];
  const transport = {
    attach: (given: LinkSink) => {
      sink = given;
    },
    dial: (link: LinkId, address: { kind: string }) => {
      if (address.kind === 'peer') dials.push(link);
    },
    accept: () => {},
    signal: () => {},
    send: () => true,
    bufferedBytes: () => 0,
    close: () => {},
  };
  const clock = {
    now: () => now,
    schedule: (atMs: number, callback: () => void) => {
      const own = { atMs, callback };
      timer = own;
      return () => {
        if (timer === own) timer = undefined;
      };
    },
  };
  const settings = {
    ...defaultPeerSettings,
    role: 'viewer' as const,
    supernodes: ['wss://a', 'wss://b'],
    stream: host.stream,
  };
  const driver = new PeerDriver(
    { transport, clock, random: seededRandom(1), crypto: new Signer(1).crypto },
    settings,
  );
  driver.start((event) => events.push(event));
  const receive = (link: number, message: Parameters<typeof encodeMessage>[0]) =>
    sink?.received(link as LinkId, Channel.control, encodeMessage(message));
  for (const at of [1, 2]) {
    sink?.opened(at as LinkId, counting(at, 32));
    receive(at, new Signer(100 + at).hello(counting(at, 32), { role: Role.supernode, stream: undefined }));
  }
  return {
    events,
    dials,
    answer: (link: number, members: readonly Signer[]) =>
      receive(link, {
        type: MessageType.redirectAnswer,
        nonce: counting(1, 16),
        outside: [],
        inside: members.map((member) => member.record({ stream: host.stream })),
      }),
    fail: (link: LinkId) => sink?.closed(link, 'failed'),
    run: (ms: number) => {
      const until = now + ms;
      while (timer && timer.atMs <= until) {
        const { atMs, callback } = timer;
        timer = undefined;
        now = Math.max(now, atMs);
        callback();
      }
      now = until;
    },
  };
}
const signers = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => new Signer(from + at));

describe('[R24] redirect answers name members that are known already', () => {
  it('[R24] who is named by both supernodes counts for both: four dials, not ⌈4/2⌉', () => {
    const { answer, dials } = viewer();
    const members = signers(10, 6);
    answer(1, members);
    answer(2, members);
    expect(dials).toHaveLength(4);
  });
  it('[R24] a viewer whose first dials failed tries again', () => {
    const { answer, dials, fail, run, events } = viewer();
    const members = signers(10, 3);
    answer(1, members);
    answer(2, []);
    run(600);
    for (const link of [...dials]) fail(link);
    const before = dials.length;
    for (let second = 0; second < 60; second++) {
      answer(1, members);
      run(1_000);
    }
    expect(events.filter((event) => event.type === 'join-trouble' && event.reason !== 'no-path')).toEqual([]);
    expect(dials.length).toBeGreaterThan(before);
  });
});

it('[R31] a supernode does not dial another for ever that has dialed it first', () => {
  const B = peerOf(1);
  const scene = new SupernodeScene({ listed: [{ id: B, url: 'wss://b' }] }, peerOf(10));
  scene.connect(B, { role: Role.supernode });
  for (let second = 0, greeted = 0; second < 120; second++) {
    for (const { link } of scene.dials.slice(greeted)) {
      scene.greet(link, B, { role: Role.supernode });
      greeted++;
    }
    const link = scene.node.links.openTo(B);
    if (link)
      scene.input({
        type: 'packet',
        link: link.id,
        packet: { type: 'message', message: { type: MessageType.ping, number: 1 } },
      });
    scene.run(1_000);
  }
  expect(scene.dials.length).toBeLessThan(4);
});

it('[R26] dials of others do not keep a node from dialing', () => {
  const scene = new SearchScene();
  scene.propose(
    scene.supernode(900),
    [10, 11, 12].map((n) => recordOf(n)),
  );
  for (const n of [70, 71, 72, 73])
    scene.links.add({ kind: 'peer', dialed: false, expected: peerOf(n) }, scene.now);
  expect(scene.inside().length).toBeGreaterThan(0);
});

describe('[R24] half of the proposed links are replaced', () => {
  const links = new Links(peerOf(0), 20);
  const renewed = (countAt: (ms: number) => number): number => {
    const renewal = new LinkRenewal();
    let closed = 0;
    let pending: PeerId | undefined;
    renewal.begin(START);
    for (let ms = 0; ms <= 110_000; ms += 500) {
      const proposed = Array.from({ length: Math.max(0, countAt(ms) - closed) }, (_, at) =>
        openLink(links, peerOf(1_000 + at)),
      );
      if (pending !== undefined && renewal.opened(pending, { proposed }, START + ms)) closed++;
      pending = undefined;
      renewal.proceed(
        {
          proposed,
          dialAnother: () => {
            pending = peerOf(ms);
            return pending;
          },
        },
        START + ms,
      );
    }
    return closed;
  };
  it('[R24] even if the first was lost before the first look', () => {
    expect(renewed((ms) => (ms < 5_000 ? 1 : ms < 12_000 ? 0 : 5))).toBe(3);
  });
  it('[R24] even if most opened after it', () => {
    expect(renewed((ms) => (ms < 12_000 ? 1 : 5))).toBe(3);
  });
});

it('[R23] members who have just come are not a part that came apart', () => {
  const scene = new SupernodeScene();
  for (const n of [10, 11, 12, 13, 14, 15])
    scene.member(n, { depth: n === 10 ? 0 : 1, role: n === 10 ? Role.host : Role.viewer, links: 5 });
  const list = (n: number, others: number[]) =>
    scene.say(peerOf(n), { type: MessageType.links, lists: [linkListOf(n, others)] });
  list(10, [11, 12, 13, 14, 15]);
  for (const n of [11, 12, 13, 14, 15]) list(n, [10]);
  // A crowd that has records, but no links and no place in the tree yet.
  for (let n = 100; n < 160; n++) scene.member(n, { depth: 255, links: 0 });
  scene.connect(peerOf(1));
  const inside =
    scene
      .redirect(peerOf(1), STREAM)
      ?.inside.slice(0, 6)
      .map(({ id }) => id) ?? [];
  expect(inside).toContain(peerOf(10));
});
