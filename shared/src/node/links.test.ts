import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import { GoodbyeReason, type Heartbeat, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { Offence } from './events.ts';
import { type CheckedHello, type Link, Links, linkTimings } from './links.ts';

const [SMALL, LARGE, OTHER] = [1, 2, 3].map(peerOf) as [PeerId, PeerId, PeerId];

const helloOf = (peer: PeerId, version = 1): CheckedHello => ({
  peer,
  version,
  role: Role.viewer,
  stream: undefined,
});

const always = (): boolean => true;
const never = (): boolean => false;

/** A link that is waiting for the hello of `expected`. */
function greeting(links: Links, dialed: boolean, expected: PeerId, session = 1): Link {
  const link = links.add({ kind: 'peer', dialed, expected, session }, START);
  links.transportOpened(link.id, START);
  return link;
}

function opened(links: Links, peer: PeerId, kind: Link['kind'] = 'peer'): Link {
  const link = links.add({ kind, dialed: true, ...(kind === 'peer' ? { expected: peer } : {}) }, START);
  links.transportOpened(link.id, START);
  links.hello(link.id, helloOf(peer), START);
  return link;
}

describe('hello', () => {
  it('[R3] opens a link to who was expected', () => {
    const links = new Links(SMALL, 20);
    const link = greeting(links, true, LARGE);
    expect(links.openTo(LARGE)).toBeUndefined();
    expect(links.hello(link.id, helloOf(LARGE), START)).toEqual({ type: 'open', link, replaced: undefined });
    expect([links.openTo(LARGE), links.knows(LARGE), links.knows(OTHER)]).toEqual([link, true, false]);
  });

  it('[R3] of somebody else is an offence; so is one’s own', () => {
    const links = new Links(SMALL, 20);
    const wrong = { type: 'refuse', reason: GoodbyeReason.wrongIdentity, offence: Offence.wrongIdentity };
    expect(links.hello(greeting(links, true, LARGE).id, helloOf(OTHER), START)).toEqual(wrong);
    const socket = links.add({ kind: 'socket', dialed: false }, START);
    links.transportOpened(socket.id, START);
    expect(links.hello(socket.id, helloOf(SMALL), START)).toEqual(wrong);
  });

  it('[R3] of another version is refused without blame', () => {
    const links = new Links(SMALL, 20);
    expect(links.hello(greeting(links, true, LARGE).id, helloOf(LARGE, 2), START)).toEqual({
      type: 'refuse',
      reason: GoodbyeReason.wrongVersion,
      offence: undefined,
    });
  });

  it('[R3] counts once, and only on a link that the transport has opened', () => {
    const links = new Links(SMALL, 20);
    const early = links.add({ kind: 'peer', dialed: true, expected: LARGE }, START);
    expect(links.hello(early.id, helloOf(LARGE), START)).toBeUndefined();
    links.transportOpened(early.id, START);
    expect(links.hello(early.id, helloOf(LARGE), START)?.type).toBe('open');
    expect(links.hello(early.id, helloOf(LARGE), START)).toBeUndefined();
    expect(links.hello(99 as LinkId, helloOf(LARGE), START)).toBeUndefined();
  });
});

describe('two links between the same peers', () => {
  const orders = [
    [0, 1],
    [1, 0],
  ] as const;

  it.each(orders.flatMap((a) => orders.map((b) => [a, b] as const)))(
    '[R26] both ends keep the one that the smaller id dialed, when hellos come in the orders %o and %o',
    (atSmall, atLarge) => {
      const kept = (self: PeerId, remote: PeerId, order: readonly number[]): number | undefined => {
        const links = new Links(self, 20);
        // Link 0 was dialed by the smaller id, link 1 by the larger.
        const both = [greeting(links, self === SMALL, remote, 0), greeting(links, self === LARGE, remote, 1)];
        for (const which of order) {
          const link = both[which] as Link;
          const verdict = links.hello(link.id, helloOf(remote), START);
          if (verdict?.type === 'refuse') {
            expect(verdict).toMatchObject({ reason: GoodbyeReason.duplicateLink, offence: undefined });
            links.remove(link.id);
          } else if (verdict?.replaced) links.remove(verdict.replaced.id);
        }
        expect(links.size).toBe(1);
        return links.openTo(remote)?.session;
      };
      expect([kept(SMALL, LARGE, atSmall), kept(LARGE, SMALL, atLarge)]).toEqual([0, 0]);
    },
  );

  it('[R26] of two that one end dialed, the newer stays', () => {
    const links = new Links(SMALL, 20);
    const first = greeting(links, false, LARGE, 1);
    links.hello(first.id, helloOf(LARGE), START);
    const second = greeting(links, false, LARGE, 2);
    expect(links.hello(second.id, helloOf(LARGE), START)).toEqual({
      type: 'open',
      link: second,
      replaced: first,
    });
    links.remove(first.id);
    expect(links.openTo(LARGE)).toBe(second);
  });

  it('[R26] a link that fell silent gives way to any other', () => {
    const links = new Links(SMALL, 20);
    const first = greeting(links, true, LARGE, 1);
    links.hello(first.id, helloOf(LARGE), START);
    links.check(START + linkTimings.silentAfterMs, always);
    const second = greeting(links, false, LARGE, 2);
    expect(links.hello(second.id, helloOf(LARGE), START + 1_000)).toMatchObject({
      type: 'open',
      replaced: first,
    });
  });
});

describe('signaling sessions', () => {
  it('[R25] are found by peer and number; ended ones are remembered as stale', () => {
    const links = new Links(SMALL, 20);
    const link = links.add({ kind: 'peer', dialed: true, expected: LARGE, session: 7 }, START);
    expect([links.bySession(LARGE, 7), links.bySession(LARGE, 8), links.bySession(OTHER, 7)]).toEqual([
      link,
      undefined,
      undefined,
    ]);
    expect([links.dialing(LARGE), links.sessionEnded(LARGE, 7)]).toEqual([link, false]);
    links.remove(link.id);
    expect([links.bySession(LARGE, 7), links.dialing(LARGE), links.sessionEnded(LARGE, 7)]).toEqual([
      undefined,
      undefined,
      true,
    ]);
  });

  it('[R6] there is room for so many links and no more', () => {
    const links = new Links(SMALL, 3);
    for (const peer of [LARGE, OTHER]) opened(links, peer);
    expect(links.room).toBe(1);
    links.remove((links.openTo(OTHER) as Link).id);
    expect([links.room, links.size]).toEqual([2, 1]);
  });

  it('[R6] sockets to supernodes take no room of the others, incoming ones do', () => {
    const links = new Links(SMALL, 3);
    opened(links, LARGE, 'supernode');
    expect(links.room).toBe(3);
    opened(links, OTHER, 'socket');
    expect(links.room).toBe(2);
  });
});

describe('heartbeat', () => {
  /** Looks when a look is due; answers with what happened at which ms. */
  function watch(
    links: Links,
    untilMs: number,
    { carriesFrames = never, speaks = false }: { carriesFrames?: () => boolean; speaks?: boolean } = {},
  ): string[] {
    const seen: string[] = [];
    for (let at = START; at <= START + untilMs; at = links.deadline) {
      const link = links.openTo(LARGE);
      if (link && speaks) links.heard(link, at);
      const { asks, silent, dead } = links.check(at, carriesFrames);
      const ms = at - START;
      if (dead.length > 0) return [...seen, `${ms} dead`];
      for (const ask of asks) seen.push(`${ms} ping ${ask.message.number}`);
      if (silent.length > 0) seen.push(`${ms} silent`);
    }
    return seen;
  }

  it('[R27] who feeds this node or is fed by it is asked after 250 ms of quiet, silent after 600 ms, dead after 6 s', () => {
    const links = new Links(SMALL, 20);
    opened(links, LARGE);
    expect(watch(links, 9_000, { carriesFrames: always })).toEqual([
      '0 ping 1',
      '250 ping 2',
      '625 silent',
      '2250 ping 3',
      '4250 ping 4',
      '6000 dead',
    ]);
  });

  it('[R27] on a link without frames there is a ping every 2 s and no more; silent after 3 s, dead after 6 s', () => {
    const links = new Links(SMALL, 20);
    opened(links, LARGE);
    expect(watch(links, 9_000)).toEqual([
      '0 ping 1',
      '2000 ping 2',
      '3000 silent',
      '4000 ping 3',
      '6000 dead',
    ]);
  });

  it('[R27] a peer that speaks is only asked for its round trip, every 2 s', () => {
    for (const carriesFrames of [always, never]) {
      const links = new Links(SMALL, 20);
      opened(links, LARGE);
      const seen = watch(links, 6_000, { carriesFrames, speaks: true });
      expect(seen).toEqual(['0 ping 1', '2000 ping 2', '4000 ping 3', '6000 ping 4']);
    }
  });

  /** Pings of both ends of one link in a minute; the packets between them take `delayMs`. */
  function pingsOfBoth(delayMs: number): number[] {
    const ends = [LARGE, SMALL].map((peer, index) => {
      const links = new Links(peer === LARGE ? SMALL : LARGE, 20);
      const link = greeting(links, index === 0, peer);
      links.hello(link.id, helloOf(peer), START);
      return { links, link, pings: 0, inbox: [] as [number, Heartbeat][], index };
    });
    const other = (index: number) => ends[1 - index] as (typeof ends)[number];
    for (let now = START; now < START + 60_000; now += 5) {
      for (const end of ends) {
        while ((end.inbox[0]?.[0] ?? Number.POSITIVE_INFINITY) <= now) {
          const [, message] = end.inbox.shift() as [number, Heartbeat];
          end.links.heard(end.link, now);
          const answer = end.links.heartbeat(end.link, message, now);
          if (answer) other(end.index).inbox.push([now + delayMs, answer]);
        }
        if (now < end.links.deadline) continue;
        const { asks, silent } = end.links.check(now, never);
        expect(silent).toEqual([]);
        end.pings += asks.length;
        for (const { message } of asks) other(end.index).inbox.push([now + delayMs, message]);
      }
    }
    for (const { link } of ends)
      expect(Math.abs((link.rttMs ?? Number.NaN) - 2 * delayMs)).toBeLessThanOrEqual(15);
    return ends.map(({ pings }) => pings);
  }

  it.each([0, 20, 100])(
    '[R27] one ping serves both ends of a link, %d ms apart, and both measure',
    (delayMs) => {
      const [near = 0, far = 0] = pingsOfBoth(delayMs);
      expect(Math.min(near, far)).toBeGreaterThanOrEqual(9);
      // Without turns there would be 60.
      expect(near + far).toBeLessThanOrEqual(42);
    },
  );

  it('[R27] a peer that pings without end does not keep this node from measuring', () => {
    const links = new Links(SMALL, 20);
    const link = opened(links, LARGE);
    link.rttMs = 10;
    let pings = 0;
    for (let now = START; now < START + 60_000; now += 100) {
      links.heard(link, now);
      links.heartbeat(link, { type: MessageType.ping, number: 1 }, now);
      pings += links.check(now, never).asks.length;
    }
    expect(pings).toBeGreaterThanOrEqual(60_000 / (linkTimings.turnsMax * linkTimings.pingEveryMs));
  });

  it('[R27] looks are close together only where a link carries frames', () => {
    const links = new Links(SMALL, 20);
    expect(links.deadline).toBe(Number.POSITIVE_INFINITY);
    opened(links, LARGE);
    opened(links, OTHER);
    links.check(START, never);
    expect(links.deadline).toBe(START + 500);
    links.check(START + 500, (peer) => peer === OTHER);
    expect(links.deadline).toBe(START + 500 + 125);
  });

  it('[R27] thousands of links are looked after in parts, each of them as often as one alone', () => {
    const links = new Links(SMALL, 20_000);
    for (let number = 10; number < 2_010; number++) opened(links, peerOf(number), 'socket');
    const pings = new Map<LinkId, number>();
    let most = 0;
    for (let at = START; at < START + 25_000; at = links.deadline) {
      const { asks } = links.check(at, never);
      most = Math.max(most, asks.length);
      for (const { link } of asks) pings.set(link.id, (pings.get(link.id) ?? 0) + 1);
    }
    expect(most).toBe(linkTimings.checkedAtOnce);
    expect([pings.size, new Set(pings.values())]).toEqual([2_000, new Set([3])]);
    for (const link of [...links.all()].slice(0, 1_990)) links.remove(link.id);
    expect(links.check(START + 70_000, never).dead).toHaveLength(10);
  });

  it('[R27] each link is judged by what it carries itself', () => {
    const links = new Links(SMALL, 20);
    opened(links, LARGE);
    const feeder = opened(links, OTHER);
    const { silent, asks } = links.check(START + 1_000, (peer) => peer === OTHER);
    expect([silent, asks.length]).toEqual([[feeder], 1 + 1]);
  });

  it('[R27] a peer that speaks again is silent no more', () => {
    const links = new Links(SMALL, 20);
    const link = opened(links, LARGE);
    links.check(START + 1_000, always);
    expect(link.silent).toBe(true);
    expect(links.heard(link, START + 1_100)).toBe(true);
    expect([link.silent, links.heard(link, START + 1_200)]).toEqual([false, false]);
  });

  it('[R27] supernodes are given ten times as long, and never carry frames', () => {
    const links = new Links(SMALL, 20);
    opened(links, LARGE, 'supernode');
    const seen = watch(links, 70_000, { carriesFrames: always });
    expect(seen.filter((each) => !each.includes('ping'))).toEqual(['30000 silent', '60000 dead']);
    expect(seen.slice(0, 3)).toEqual(['0 ping 1', '10000 ping 2', '20000 ping 3']);
  });

  it('[R26] a link that does not open in 20 s is given up', () => {
    const links = new Links(SMALL, 20);
    links.add({ kind: 'peer', dialed: true, expected: LARGE }, START);
    greeting(links, true, OTHER);
    expect(links.check(START + 19_999, never).dead).toHaveLength(0);
    expect(links.check(links.deadline, never).dead).toHaveLength(2);
  });

  it('[R27] a ping is answered with its number; only the pong to the last ping is a measurement', () => {
    const links = new Links(SMALL, 20);
    const link = opened(links, LARGE);
    expect(links.heartbeat(link, { type: MessageType.ping, number: 77 }, START)).toEqual({
      type: MessageType.pong,
      number: 77,
    });
    links.check(START, never);
    links.heartbeat(link, { type: MessageType.pong, number: 99 }, START + 5);
    expect(link.rttMs).toBeUndefined();
    links.heartbeat(link, { type: MessageType.pong, number: 1 }, START + 40);
    expect(link.rttMs).toBe(40);
    links.check(START + 2_000, never);
    links.heartbeat(link, { type: MessageType.pong, number: 2 }, START + 2_120);
    expect(link.rttMs).toBe(50);
  });
});
