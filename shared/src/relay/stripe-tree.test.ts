import { describe, expect, it } from 'vitest';
import { openSlots, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { limits } from '../wire/limits.ts';
import { AdvertState } from '../wire/tree-messages.ts';
import { Acquaintance } from './acquaintance.ts';
import { AnswerTimes } from './answer-times.ts';
import { relayTimings } from './relay-contract.ts';
import { StripeTree } from './stripe-tree.ts';

const { attached, detached, repairing } = AdvertState;
const [HOST, SELF, A, B, C] = [0, 1, 2, 3, 4].map(peerOf) as [PeerId, PeerId, PeerId, PeerId, PeerId];

const viewer = (): StripeTree => new StripeTree(0, SELF, false, seededRandom(1));

function attachedTo(peer: PeerId, path: readonly PeerId[]): StripeTree {
  const tree = viewer();
  tree.advert(peer, attached, path, openSlots(3));
  tree.ask(peer, START);
  if (!tree.attach(peer, path)) throw new Error('not attached');
  return tree;
}

describe('a place in a stripe tree', () => {
  it('[R15] the host is the root and never asks', () => {
    const tree = new StripeTree(0, HOST, true, seededRandom(1));
    tree.advert(A, attached, [HOST, A], openSlots(3));
    expect([tree.state, tree.path, tree.candidate(START, 'free')]).toEqual([attached, [HOST], undefined]);
  });

  it('[R15] asks the neighbour with the shortest path that has room, one at a time', () => {
    const tree = viewer();
    tree.advert(A, attached, [HOST, C, A], openSlots(3));
    tree.advert(B, attached, [HOST, B], openSlots(1));
    tree.advert(HOST, attached, [HOST], openSlots(0));
    expect(tree.candidate(START, 'free')).toBe(B);
    tree.ask(B, START);
    expect([tree.awaits(B), tree.candidate(START, 'free')]).toEqual([true, undefined]);
  });

  it('[R16] a neighbour whose path holds this node, or that is not attached, is no parent', () => {
    const tree = viewer();
    tree.advert(A, attached, [HOST, SELF, A], openSlots(3));
    tree.advert(B, repairing, [HOST, B], openSlots(3));
    tree.advert(C, detached, [], openSlots(3));
    expect(tree.candidate(START, 'free')).toBeUndefined();
  });

  it('[R16] an answer whose path holds this node, is empty, too long or not the peer’s own is refused', () => {
    const long = Array.from({ length: limits.pathIdsMax }, (_, at) => peerOf(100 + at));
    for (const path of [[], [HOST, SELF, A], [HOST, B], [...long.slice(1), A]]) {
      const tree = viewer();
      tree.ask(A, START);
      expect(tree.attach(A, path)).toBe(false);
      expect([tree.parent, tree.awaits(A)]).toEqual([undefined, false]);
    }
    expect(attachedTo(A, [...long.slice(2), A]).path).toHaveLength(limits.pathIdsMax);
  });

  it('[R15] a refusal and a missing answer keep a neighbour out for a second, news of free slots let it in again', () => {
    const tree = viewer();
    tree.advert(A, attached, [HOST, A], openSlots(3));
    tree.ask(A, START);
    tree.refused(A, START);
    expect(tree.candidate(START + relayTimings.refusalBackoffMs - 1, 'free')).toBeUndefined();
    expect(tree.deadline).toBe(START + relayTimings.refusalBackoffMs);
    expect(tree.candidate(START + relayTimings.refusalBackoffMs, 'free')).toBe(A);

    tree.ask(A, START + 5_000);
    tree.expire(START + 5_999);
    expect(tree.awaits(A)).toBe(true);
    tree.expire(START + 6_000);
    expect([tree.awaits(A), tree.candidate(START + 6_000, 'free')]).toEqual([false, undefined]);
    tree.advert(A, attached, [HOST, A], openSlots(1));
    expect(tree.candidate(START + 6_000, 'free')).toBe(A);
  });

  it('[R15] while there is no parent, somebody else is asked beside one who does not answer soon; the first to answer has this node', () => {
    const tree = attachedTo(A, [HOST, A]);
    for (const id of [B, C]) tree.advert(id, attached, [HOST, id], openSlots(1));
    tree.advert(peerOf(50), attached, [HOST, B, peerOf(50)], openSlots(1));
    tree.peerDown(A, START);
    const asked = tree.candidate(START, 'free') as PeerId;
    const other = asked === B ? C : B;
    tree.ask(asked, START);
    const { askNextAfterMs, subscribeTimeoutMs } = relayTimings;
    expect(tree.deadline).toBe(START + askNextAfterMs);
    tree.expire(START + askNextAfterMs - 1);
    expect(tree.candidate(START + askNextAfterMs - 1, 'free')).toBeUndefined();
    tree.expire(START + askNextAfterMs);
    expect(tree.candidate(START + askNextAfterMs, 'free')).toBe(other);
    tree.ask(other, START + askNextAfterMs);
    expect([tree.awaits(asked), tree.awaits(other)]).toEqual([true, true]);
    expect(tree.attach(asked, [HOST, asked])).toBe(true);
    expect([tree.parent, tree.awaits(asked), tree.awaits(other)]).toEqual([asked, false, false]);
    tree.expire(START + subscribeTimeoutMs);
    expect(tree.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('[R15] no more than three late answers are awaited at once, each for a second, and with a parent only one', () => {
    const others = range(100, 110).map(peerOf);
    const tree = viewer();
    for (const id of others) tree.advert(id, attached, [HOST, id], openSlots(1));
    const { askNextAfterMs, subscribeTimeoutMs } = relayTimings;
    const askAll = (until: number): number => {
      let asked = 0;
      for (let now = START; now < until; now += 10) {
        tree.expire(now);
        const peer = tree.candidate(now, 'free') ?? tree.betterThan(9, 1, now, 'free');
        if (peer === undefined) continue;
        tree.ask(peer, now);
        asked++;
        expect(others.filter((id) => tree.awaits(id)).length).toBeLessThanOrEqual(4);
      }
      return asked;
    };
    expect(askAll(START + 4 * askNextAfterMs)).toBe(4);
    tree.attach(A, [HOST, peerOf(1), peerOf(2), A]);
    const settled = viewer();
    settled.attach(A, [HOST, peerOf(11), peerOf(12), A]);
    settled.advert(B, attached, [HOST, B], openSlots(1));
    settled.advert(C, attached, [HOST, C], openSlots(1));
    settled.ask(B, START);
    settled.expire(START + subscribeTimeoutMs - 1);
    expect(settled.betterThan(3, 1, START + subscribeTimeoutMs - 1, 'free')).toBeUndefined();
    settled.expire(START + subscribeTimeoutMs);
    expect(settled.betterThan(3, 1, START + subscribeTimeoutMs, 'free')).toBe(C);
  });

  it('[R16] who fell silent is not asked, whatever it offered, before it offers a place anew', () => {
    const tree = viewer();
    tree.advert(A, attached, [HOST, A], openSlots(3));
    tree.ask(A, START);
    tree.fellSilent(A, START);
    expect(tree.awaits(A)).toBe(false);
    const later = START + 10 * relayTimings.refusalBackoffMs;
    tree.expire(later);
    expect([tree.candidate(later, 'free'), [...tree.others()]]).toEqual([undefined, []]);
    tree.advert(A, attached, [HOST, A], openSlots(1));
    expect([tree.candidate(later, 'free'), [...tree.others()]]).toEqual([A, [A]]);
  });

  it('[R16] an orphan keeps its path and its children for a grace, then gives up its place', () => {
    const tree = attachedTo(A, [HOST, A]);
    tree.addChild(B, false);
    tree.loseParent(START);
    expect([tree.state, tree.path, tree.children.size]).toEqual([repairing, [HOST, A, SELF], 1]);
    expect(tree.expire(START + relayTimings.orphanGraceMs - 1)).toBe(false);
    expect(tree.expire(START + relayTimings.orphanGraceMs)).toBe(true);
    expect([tree.state, tree.path]).toEqual([detached, []]);
  });

  it('[R16] the standby is another than the parent, and not behind it where that can be', () => {
    const tree = attachedTo(A, [HOST, A]);
    tree.advert(B, attached, [HOST, A, B], openSlots(9));
    expect(tree.standby(START)).toBe(B);
    tree.advert(C, attached, [HOST, peerOf(50), peerOf(51), peerOf(52), C], openSlots(1));
    expect(tree.standby(START)).toBe(C);
    expect(tree.peerDown(A, START)).toBe(true);
    expect(tree.candidate(START, 'free')).toBe(C);
  });

  it('[R16] an orphan turns last to those who are fed through a lost parent, a silent neighbour, or what somebody who had nothing is fed through', () => {
    const tree = attachedTo(A, [HOST, A]);
    const [near, far, farther] = [
      [HOST, B, C],
      [HOST, peerOf(50), peerOf(51), peerOf(52)],
      [HOST, ...[60, 61, 62, 63].map(peerOf)],
    ];
    for (const path of [near, far, farther]) tree.advert(path.at(-1) as PeerId, attached, path, openSlots(1));
    tree.advert(B, attached, [HOST, B], openSlots(1));
    tree.loseParent(START);
    const asked = () => tree.candidate(START, 'free');
    expect(asked()).toBe(B);
    tree.ask(B, START);
    tree.notReady(B, START);
    expect(asked()).toBe(far.at(-1));
    tree.advert(peerOf(51), attached, [HOST, peerOf(50), peerOf(51)], openSlots(0));
    tree.fellSilent(peerOf(51), START);
    expect(asked()).toBe(farther.at(-1));
    tree.peerDown(farther.at(-1) as PeerId, START);
    expect(asked()).toBe(C);
    tree.ask(C, START);
    tree.attach(C, near);
    tree.loseParent(START + 10_000);
    expect(tree.candidate(START + 10_000, 'free')).toBe(A);
  });

  it('[R15] who is not ready is asked again soon, and each time after twice as long, until there is a parent', () => {
    const tree = attachedTo(A, [HOST, A]);
    tree.peerDown(A, START);
    tree.advert(B, attached, [HOST, B], openSlots(1));
    const { notReadyBackoffMs, refusalBackoffMs } = relayTimings;
    let now = START;
    for (const backoffMs of [1, 2, 4, 8, 16].map((times) => times * notReadyBackoffMs)) {
      tree.ask(B, now);
      tree.notReady(B, now);
      now += Math.min(backoffMs, refusalBackoffMs);
      expect(tree.candidate(now - 1, 'free')).toBeUndefined();
      expect(tree.candidate(now, 'free')).toBe(B);
    }
    tree.ask(B, now);
    expect(tree.attach(B, [HOST, B])).toBe(true);
    tree.advert(C, attached, [HOST, C], openSlots(1));
    tree.peerDown(B, now);
    tree.ask(C, now);
    tree.notReady(C, now);
    expect(tree.candidate(now + notReadyBackoffMs, 'free')).toBe(C);
  });

  it('[R16] follows its parent’s path, and leaves it when it is detached or comes to lie behind this node', () => {
    const tree = attachedTo(A, [HOST, A]);
    expect(tree.parentMoved(attached, [HOST, B, A])).toBe(false);
    expect(tree.path).toEqual([HOST, B, A, SELF]);
    expect(tree.parentMoved(repairing, [HOST, B, A])).toBe(false);
    expect(tree.parentMoved(detached, [])).toBe(true);
    expect(tree.parentMoved(attached, [HOST, SELF, B, A])).toBe(true);
  });

  it('[R15] a peer that is gone is forgotten in every role', () => {
    const tree = attachedTo(A, [HOST, A]);
    tree.addChild(B, false);
    expect(tree.peerDown(B, START)).toBe(false);
    expect(tree.children.size).toBe(0);
    tree.peerDown(A, START);
    expect([tree.parent, tree.candidate(START, 'free')]).toEqual([undefined, undefined]);
  });

  it('[R15] an answer is waited for as long as answers take, within bounds, and a late one tells how long that is', () => {
    const { subscribeTimeoutMs, subscribeTimeoutMaxMs } = relayTimings;
    const answers = new AnswerTimes();
    const tree = new StripeTree(0, SELF, false, seededRandom(1), START, new Acquaintance(answers));
    tree.attach(C, [HOST, C]);
    let now = START;
    const waited = (peer: PeerId, tookMs: number): number => {
      tree.ask(peer, now);
      const untilMs = tree.deadline - now;
      tree.expire(now + Math.min(untilMs, tookMs));
      now += tookMs;
      tree.answered(peer, now);
      tree.refused(peer, now, 0);
      return untilMs;
    };
    expect(waited(A, 1_800)).toBe(subscribeTimeoutMs);
    expect(waited(B, 1_000)).toBe(subscribeTimeoutMs);
    expect(waited(A, 20)).toBe(3_000);
    for (const _ of range(0, 5)) for (const peer of [A, B]) waited(peer, 6_000);
    expect(waited(A, 20)).toBe(subscribeTimeoutMaxMs);
    // What was not asked is no answer.
    const before = answers.usualMs(now + 1_000);
    for (const peer of [A, B, C]) tree.answered(peer, now + 9_000);
    expect([answers.usualMs(now + 1_000), answers.size]).toEqual([before, 2]);
  });

  it('[R15] an orphan asks first whoever has spoken since its parent was last heard', () => {
    const acquaintance = new Acquaintance();
    const { signs } = acquaintance;
    const tree = new StripeTree(0, SELF, false, seededRandom(1), START, acquaintance);
    tree.advert(A, attached, [HOST, A], openSlots(3));
    tree.advert(B, attached, [HOST, ...range(50, 54).map(peerOf), B], openSlots(1));
    tree.attach(C, [HOST, C]);
    for (const peer of [A, B, C]) signs.heard(peer, START);
    signs.heard(C, START + 100);
    tree.loseParent(START + 200);
    expect(tree.candidate(START + 200, 'free')).toBe(A);
    signs.heard(B, START + 150);
    expect(tree.candidate(START + 200, 'free')).toBe(B);
    signs.heard(A, START + 200);
    expect(tree.candidate(START + 200, 'free')).toBe(A);
    // With a parent, quiet ones are as good as others: who votes with others is no worse.
    tree.attach(B, [HOST, ...range(50, 54).map(peerOf), B]);
    signs.forget(A);
    expect(tree.betterThan(3, 1, START + 300, 'free')).toBe(A);
  });

  it('[R15] where answers take long, an orphan asks the next one later', () => {
    const answers = new AnswerTimes();
    for (const peer of [A, B]) answers.took(peer, 400, START);
    const tree = new StripeTree(0, SELF, false, seededRandom(1), START, new Acquaintance(answers));
    for (const peer of [A, B]) tree.advert(peer, attached, [HOST, peer], openSlots(3));
    tree.ask(A, START);
    const usualMs = answers.usualMs(START);
    expect(usualMs).toBeGreaterThan(relayTimings.askNextAfterMs);
    expect(tree.deadline).toBe(START + usualMs);
    tree.expire(START + usualMs - 1);
    expect(tree.isAsking).toBe(true);
    tree.expire(START + usualMs);
    expect([tree.isAsking, tree.candidate(START + usualMs, 'free')]).toEqual([false, B]);
  });
});
