import type { PeerId, StreamId } from '@murmuration/shared/lib/ids.ts';
import type { NodeEvent } from '@murmuration/shared/node/events.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { expect, test } from 'vitest';
import { afterEvent, CUTS_KEPT, initialWatchState, type WatchState } from './watch-state.ts';

const after = (events: readonly NodeEvent[], from: WatchState = initialWatchState): WatchState =>
  events.reduce((state, event) => afterEvent(state, event, 10_000), from);

const step = (step: Extract<NodeEvent, { type: 'join-step' }>['step'], peers = 0): NodeEvent => ({
  type: 'join-step',
  step,
  peers,
});

const beacon = (title: string, epoch = 1): NodeEvent => ({
  type: 'stream',
  beacon: {
    type: MessageType.beacon,
    stream: '' as StreamId,
    hostKey: new Uint8Array(32),
    nonce: new Uint8Array(16),
    epoch,
    counter: 1,
    nextSeq: 1,
    stripes: 1,
    bitsPerSecond: 2_500_000,
    messageBytesMax: 4 * 1024 * 1024,
    minVotes: 0,
    title,
    signature: new Uint8Array(64),
  },
});

test('joining goes from step to step and keeps how many members were found', () => {
  const state = after([step('contacting'), step('redirected', 4), step('associating', 9)]);
  expect(state).toMatchObject({ step: 'associating', peersFound: 4 });
});

test('a trouble ends with the first step that proves it over, not before', () => {
  const lost = after([{ type: 'join-trouble', reason: 'no-path' }, step('redirected', 2)]);
  expect(lost.trouble).toBe('no-path');
  expect(after([step('associated')], lost).trouble).toBeUndefined();
  const alone = after([{ type: 'join-trouble', reason: 'no-supernode' }]);
  expect(after([step('contacting')], alone).trouble).toBe('no-supernode');
  expect(after([step('redirected')], alone).trouble).toBeUndefined();
});

test('a stream beyond the limits of this page is told, until there is one that fits', () => {
  const beyond = after([step('validated'), { type: 'join-trouble', reason: 'limits' }]);
  expect(beyond.trouble).toBe('limits');
  expect(after([beacon('smaller')], beyond).trouble).toBeUndefined();
});

test('a host that contradicted itself is told until it begins a new epoch, not only while it speaks of the old one', () => {
  const ended = after([beacon('a stream'), { type: 'equivocation', epoch: 1, seq: 9 }]);
  expect(ended.equivocatedEpoch).toBe(1);
  expect(after([beacon('a stream')], ended).equivocatedEpoch).toBe(1);
  expect(after([beacon('anew', 2)], ended)).toMatchObject({ equivocatedEpoch: undefined, title: 'anew' });
});

test('the map of the network gets only further, and neighbours with a stale one are counted', () => {
  const graph = (step: 'bridging' | 'bridged' | 'checked'): NodeEvent => ({
    type: 'graph-step',
    step,
    peers: 1,
  });
  expect(after([graph('bridging'), graph('checked'), graph('bridged')]).map).toBe('checked');
  const lagging: NodeEvent = { type: 'peer-lagging', peer: 'abc' as PeerId };
  expect(after([lagging, lagging]).laggards).toBe(2);
});

test('a beacon names the stream, made harmless, and ends silence and trouble', () => {
  const state = after([
    { type: 'join-trouble', reason: 'no-members' },
    { type: 'stream-silent', silentMs: 4_000 },
  ]);
  expect(state.silentSinceMs).toBe(6_000);
  expect(after([beacon('A\n\u202eB')], state)).toMatchObject({
    title: 'A B',
    bitsPerSecond: 2_500_000,
    silentSinceMs: undefined,
    trouble: undefined,
  });
});

test('a beacon that says nothing new changes nothing', () => {
  const state = after([beacon('A')]);
  expect(afterEvent(state, beacon('A'), 0)).toBe(state);
});

test('all cuts are counted, the newest are named', () => {
  const cuts = Array.from(
    { length: CUTS_KEPT + 3 },
    (_, i): NodeEvent => ({
      type: 'peer-cut',
      peer: `peer${i}` as PeerId,
      offence: 'forged-frame',
    }),
  );
  const state = after(cuts);
  expect(state.cutsTotal).toBe(CUTS_KEPT + 3);
  expect(state.cuts).toHaveLength(CUTS_KEPT);
  expect(state.cuts[0]?.peer).toBe(`peer${CUTS_KEPT + 2}`);
});
