import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { openLink } from '../../test-kit/links.ts';
import { failureOf, signalOf } from '../../test-kit/signals.ts';
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { SignalFailure } from '../wire/supernode-messages.ts';
import { type Link, Links } from './links.ts';
import { type ForwardDecision, SignalRouter } from './signal-router.ts';

const [SELF, LEFT, RIGHT, DIALER, GOAL] = [1, 2, 3, 4, 5].map(peerOf) as [
  PeerId,
  PeerId,
  PeerId,
  PeerId,
  PeerId,
];
const KIB = 1024;

/** A node between LEFT and RIGHT, who leads to GOAL; `more` neighbours besides. */
function setUp(more = 0) {
  const links = new Links(SELF, limits.linksMax);
  const [left, right] = [openLink(links, LEFT), openLink(links, RIGHT)];
  const others = Array.from({ length: more }, (_, at) => openLink(links, peerOf(100 + at)));
  const router = new SignalRouter(SELF, links, { towards: (peer) => (peer === GOAL ? [RIGHT] : []) });
  let number = 0;
  /** How many of so many different signals a neighbour gets through. */
  const passed = (via: Link, count: number, now = START, bytes = 8): number => {
    let sent = 0;
    for (let i = 0; i < count; i++) {
      const signal = signalOf(via.peer as PeerId, GOAL, {
        session: number++,
        payload: new Uint8Array(bytes),
      });
      if (router.forward(via, signal, now).type === 'send') sent++;
    }
    return sent;
  };
  return { router, links, left, right, others, passed };
}

const brought = (changes: Parameters<typeof signalOf>[2] = {}) =>
  signalOf(DIALER, GOAL, { path: [LEFT], ...changes });
const DROP: ForwardDecision = { type: 'drop' };

describe('what a neighbour can make a node pass on', () => {
  it('[R29] 60 signals at once and 10 a second; others are not affected', () => {
    const { passed, left, others, router } = setUp(1);
    expect(passed(left, 500)).toBe(60);
    expect(passed(others[0] as Link, 10)).toBe(10);
    expect(passed(left, 500, START + 1_000)).toBe(10);
    expect(passed(left, 500, START + 600_000)).toBe(60);
    expect(router.counters).toEqual({ 'signals-forwarded': 140, 'signals-too-fast': 1_370 });
  });

  it('[R29] 256 KiB at once and 64 KiB a second', () => {
    const { passed, left } = setUp();
    expect(passed(left, 40, START, 12 * KIB)).toBe(21);
    expect(passed(left, 5, START + 1_000, 12 * KIB)).toBe(5);
  });

  it('[R29] all neighbours together 200 at once and 40 a second', () => {
    const { passed, others } = setUp(8);
    const all = (now: number): number => others.reduce((sum, link) => sum + passed(link, 60, now), 0);
    expect(all(START)).toBe(200);
    expect(all(START + 1_000)).toBe(40);
  });

  it('[R29] what cannot be delivered counts as well, and so does word of failures', () => {
    const { router, left } = setUp();
    const answers = { send: 0, drop: 0 };
    for (let session = 0; session < 100; session++) {
      const lost = brought({ to: peerOf(77), session });
      answers[router.forward(left, lost, START).type]++;
    }
    expect(answers).toEqual({ send: 60, drop: 40 });
    const failure = failureOf(signalOf(RIGHT, GOAL));
    expect(router.forwardFailure(left, failure, START)).toEqual(DROP);
    expect(router.forwardFailure(left, failure, START + 1_000).type).toBe('send');
  });

  it('[R25] nothing more than it brought: each signal in is at most one out, and no larger but for one id', () => {
    const { router, left, right } = setUp();
    const signal = brought({ payload: counting(0, 90) });
    expect(router.forward(left, signal, START)).toEqual({
      type: 'send',
      link: right.id,
      message: { ...signal, path: [LEFT, SELF] },
    });
  });

  it('[R6] what passed lately is remembered, but no more than 1,024 of it', () => {
    const { router, left, passed } = setUp();
    const first = brought();
    const forward = (now: number): string => router.forward(left, first, now).type;
    expect([forward(START), forward(START)]).toEqual(['send', 'drop']);
    for (let second = 1; second <= 102; second++) passed(left, 10, START + second * 1_000);
    expect(forward(START + 103_000)).toBe('drop');
    passed(left, 4, START + 104_000);
    expect(forward(START + 105_000)).toBe('send');
  });
});

describe('a path that cannot be', () => {
  it.each<[string, PeerId[], PeerId]>([
    ['ends with another than who brought it', [LEFT, RIGHT], DIALER],
    ['leaves out who brought it', [], DIALER],
    ['begins with who brought it and goes on elsewhere', [LEFT, peerOf(9)], DIALER],
  ])('[R25] a signal whose path %s is dropped', (_what, path, from) => {
    const { router, left } = setUp();
    expect(router.forward(left, brought({ path, from }), START)).toEqual(DROP);
    expect(router.counters).toEqual({ 'signal-path-wrong': 1 });
  });

  it.each<[string, Parameters<typeof signalOf>[2]]>([
    ['that has been here before', { path: [SELF, LEFT] }],
    ['of this node’s own', { from: SELF }],
  ])('[R25] a signal %s is not sent around', (_what, changes) => {
    const { router, left } = setUp();
    expect(router.forward(left, brought(changes), START)).toEqual(DROP);
    expect(router.counters).toEqual({ 'signal-loop': 1 });
  });

  it('[R25] one that passed 8 nodes goes no further', () => {
    const { router, left } = setUp();
    const path = [...[21, 22, 23, 24, 25, 26, 27].map(peerOf), LEFT];
    expect(router.forward(left, brought({ path: path.slice(1) }), START).type).toBe('send');
    expect(router.forward(left, brought({ path, session: 6 }), START)).toEqual(DROP);
    expect(router.counters).toEqual({ 'signals-forwarded': 1, 'signal-too-far': 1 });
  });

  it('[R25] a wrong signal does not stop the right one', () => {
    const { router, left } = setUp();
    router.forward(left, brought({ path: [RIGHT] }), START);
    expect(router.forward(left, brought(), START).type).toBe('send');
  });
});

describe('whom a signal goes to', () => {
  it('[R25] not back to who brought it, by a given way or a found one', () => {
    const { router, left, right } = setUp();
    const back = failureOf(brought(), { route: [] });
    const failed = { type: 'send', link: left.id, message: back };
    expect(router.forward(left, brought({ route: [LEFT] }), START)).toEqual(failed);
    const fromRight = signalOf(RIGHT, GOAL);
    const message = failureOf(fromRight, { reason: SignalFailure.noRoute });
    expect(router.forward(right, fromRight, START)).toEqual({ type: 'send', link: right.id, message });
  });

  it('[R25] not to the dialer, nor to anybody who had it', () => {
    const { router, left, links } = setUp();
    openLink(links, DIALER);
    const ways = [DIALER, LEFT, peerOf(9)];
    const misled = new SignalRouter(SELF, links, { towards: () => ways });
    openLink(links, peerOf(9));
    const path = [peerOf(9), LEFT];
    const failed = { type: 'send', link: left.id };
    expect(misled.forward(left, brought({ path }), START)).toMatchObject(failed);
    expect(router.counters).toEqual({});
  });

  it('[R25] not to a neighbour who fell silent', () => {
    const { router, left, right } = setUp();
    right.silent = true;
    expect(router.forward(left, brought(), START)).toMatchObject({ link: left.id });
  });

  it('[R25] not to a supernode, and a supernode brings none for others', () => {
    const { links, left } = setUp();
    const supernode = openLink(links, peerOf(9), { kind: 'supernode' });
    const router = new SignalRouter(SELF, links, { towards: () => [peerOf(9)] });
    expect(router.forward(left, brought(), START)).toMatchObject({ link: left.id });
    const signal = signalOf(peerOf(9), GOAL);
    expect(router.forward(supernode, signal, START)).toEqual(DROP);
    expect(router.forwardFailure(supernode, failureOf(signalOf(LEFT, GOAL)), START)).toEqual(DROP);
    expect(router.counters).toEqual({ 'signal-no-route': 1, 'signal-not-ours': 2 });
  });

  it('[R25] a member’s socket to this node is no supernode: a role is what counts', () => {
    const { links, router } = setUp();
    const link = openLink(links, peerOf(9), { kind: 'socket', dialed: false, role: Role.host });
    expect(router.forward(link, signalOf(peerOf(9), GOAL), START).type).toBe('send');
  });
});

describe('word of a failure', () => {
  it('[R25] goes the way that it was given, then to the dialer', () => {
    const { router, left, right } = setUp();
    const failure = failureOf(signalOf(DIALER, GOAL), { route: [LEFT, peerOf(9)] });
    const message = { ...failure, route: [peerOf(9)] };
    expect(router.forwardFailure(right, failure, START)).toEqual({ type: 'send', link: left.id, message });
    const last = failureOf(signalOf(LEFT, GOAL));
    expect(router.forwardFailure(right, last, START)).toEqual({ type: 'send', link: left.id, message: last });
  });

  it('[R25] goes nowhere where its way does not lead on', () => {
    const { router, right } = setUp();
    const given = (route: PeerId[], from = LEFT) => failureOf(signalOf(from, GOAL), { route });
    expect(router.forwardFailure(right, given([peerOf(9)]), START)).toEqual(DROP);
    expect(router.forwardFailure(right, given([RIGHT]), START)).toEqual(DROP);
    expect(router.forwardFailure(right, given([], DIALER), START)).toEqual(DROP);
    expect(router.counters).toEqual({ 'signal-no-route': 3 });
  });
});
