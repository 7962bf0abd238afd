/** A host whose neighbours take frames more slowly than it offered; how the limit is found is in upload-guard.test.ts. */
import { describe, expect, it } from 'vitest';
import { forestOf, hosted, NEWCOMER } from '../../test-kit/forest-scene.ts';
import { EPOCH } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import { relayTimings } from './relay-contract.ts';

/** A host and neighbours that are no machines, so many children in each stripe. */
function fedByHost(perStripe: readonly number[], slots = 3) {
  const loop = hosted(slots);
  const forest = forestOf(loop, HOST);
  let next = 100;
  const children = perStripe.map((count, stripe) =>
    range(0, count).map(() => {
      const peer = peerOf(next++);
      loop.input(HOST, { type: 'peer-up', peer });
      const how = { fromSeq: undefined, interior: false, makeshift: false, starving: true };
      loop.input(HOST, {
        type: 'message',
        peer,
        message: { type: MessageType.subscribe, epoch: EPOCH, stripe, ...how },
      });
      return peer;
    }),
  );
  const wait = (peer: PeerId, ms: number) => {
    for (let waited = 0; waited <= ms; waited += 250) {
      loop.input(HOST, { type: 'backlog', peer, waitedMs: relayTimings.backlogMs });
      loop.run(250);
    }
  };
  const sizes = () => forest.trees.map((tree) => tree.children.size);
  return { loop, forest, children, wait, sizes };
}

describe('a host whose uplink carries less than it offers', () => {
  const { backlogPauseMs } = relayTimings;

  it('[R15] gives up children where it feeds most, and the last one of no stripe as long as another has two', () => {
    const { sizes, wait, children } = fedByHost([3, 2, 2, 2]);
    expect(sizes()).toEqual([3, 2, 2, 2]);
    const [[slow]] = children as [[PeerId]];
    wait(slow, backlogPauseMs + 50);
    expect(sizes()).toEqual([2, 2, 2, 2]);
    wait(peerOf(999), 4 * backlogPauseMs);
    expect(sizes()).toEqual([1, 1, 1, 1]);
  });

  it('[R15] lets a slow child go that is the only one of its stripe, and keeps a place there for another', () => {
    const { loop, sizes, wait, children, forest } = fedByHost([1, 2, 2, 2]);
    const [[slow]] = children as [[PeerId]];
    wait(slow, backlogPauseMs + 50);
    expect(sizes().sort()).toEqual([0, 1, 2, 2]);
    expect(forest.freeSlots).toBe(1);
    loop.input(HOST, { type: 'peer-up', peer: NEWCOMER });
    const how = { fromSeq: undefined, interior: false, makeshift: false, starving: false };
    for (const stripe of [1, 2, 3, 0]) {
      const message = { type: MessageType.subscribe, epoch: EPOCH, stripe, ...how } as const;
      loop.input(HOST, { type: 'message', peer: NEWCOMER, message });
    }
    expect(forest.trees.map((tree) => tree.children.has(NEWCOMER))).toEqual([true, false, false, false]);
  });

  it('[R15] takes one more after a while, in whatever stripe it is asked for', () => {
    const { loop, sizes, wait, children, forest } = fedByHost([2, 2, 1, 1]);
    wait((children as [[PeerId]])[0][0], 3 * backlogPauseMs);
    expect(sizes()).toEqual([1, 1, 1, 1]);
    loop.run(relayTimings.backlogRaiseAfterMs + relayTimings.relieveEveryMs);
    expect([forest.freeSlots > 0, forest.trees.every((tree) => tree.children.size === 1)]).toEqual([
      true,
      true,
    ]);
  });
});
