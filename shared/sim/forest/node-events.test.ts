import { describe, expect, it } from 'vitest';
import { START_UNIX_MS as START } from '../virtual-clock.ts';
import { NodeEvents, SLICE_MS } from './node-events.ts';

const NODES = 3;

/** What a node is given in the slice of an instant, before another instant. */
function played(events: NodeEvents<string>, node: number, atMs: number, endMs = Number.POSITIVE_INFINITY) {
  events.begin(START + atMs, NODES);
  const count = events.take(node);
  const seen: unknown[] = [];
  let n = 0;
  for (; n < count && events.atMs(n) < START + endMs; n++)
    seen.push([events.atMs(n) - START, events.link(n), events.kind(n), events.cargo(n)]);
  events.putBack(node, n, count);
  return seen;
}

describe('the events of nodes', () => {
  it('come to each node in the order of time, then of senders, then as they were sent', () => {
    const events = new NodeEvents<string>();
    const what = { name: 'what' };
    events.add(START + 17, 1, 2, 'later', 0, what);
    events.add(START + 15, 1, 2, 'of two', 0, what);
    events.add(START + 15, 1, 0, 'of nought', 0, what);
    events.add(START + 15, 1, 2, 'of two again', 0, what);
    events.add(START + 15, 2, 0, 'for another', 0, what);
    events.add(START + 25, 1, 0, 'next slice', 3, what);
    const links = played(events, 1, 10).map((seen) => (seen as unknown[])[1]);
    expect(links).toEqual(['of nought', 'of two', 'of two again', 'later']);
    expect(played(events, 2, 10)).toEqual([[15, 'for another', 0, what]]);
    expect(played(events, 1, 20)).toEqual([[25, 'next slice', 3, what]]);
  });

  it('wait where a slice is played in parts, however many there are', () => {
    const events = new NodeEvents<string>();
    for (let i = 0; i < 500; i++) events.add(START + 10 + ((i * 7) % 500) / 50, 1, 0, '', 0, {});
    expect(played(events, 1, 10, 14)).toHaveLength(200);
    expect(events.has(1)).toBe(true);
    expect(played(events, 1, 14, 14)).toHaveLength(0);
    expect(played(events, 1, 14)).toHaveLength(300);
    expect(events.has(1)).toBe(false);
  });

  it('may not come as soon as in the slice that is played', () => {
    const events = new NodeEvents<string>();
    events.begin(START + SLICE_MS, NODES);
    expect(() => events.add(START + 2 * SLICE_MS - 0.25, 0, 1, '', 0, {})).toThrow('past');
    events.add(START + 2 * SLICE_MS, 0, 1, '', 0, {});
    expect(events.endOf(START + SLICE_MS)).toBe(START + 2 * SLICE_MS);
  });
});
