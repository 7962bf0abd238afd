import { describe, expect, it } from 'vitest';
import { seededRandom } from '../src/lib/random.ts';
import { Invariants } from './invariants.ts';
import { defaultStreamShape, MessageSource } from './message-source.ts';
import { Viewing } from './viewing.ts';
import { START_UNIX_MS } from './virtual-clock.ts';

function setUp() {
  const source = new MessageSource(seededRandom(1), defaultStreamShape);
  const messages = Array.from({ length: 3_000 }, (_, i) => source.next(START_UNIX_MS + i).bytes);
  const invariants = new Invariants();
  const viewing = new Viewing(7, source, invariants);
  const give = (number: number, epoch = 1, afterMs = 100): void =>
    viewing.deliver(messages[number]?.slice() ?? new Uint8Array(0), epoch, START_UNIX_MS + number + afterMs);
  return { messages, invariants, viewing, give };
}

describe("a viewer's promises", () => {
  it('notes how late each message came', () => {
    const { viewing, give, messages, invariants } = setUp();
    give(3, 1, 40);
    give(2_900, 1, 250);
    expect(viewing.delayMs(3)).toBe(40);
    expect(viewing.delayMs(2_900)).toBe(250);
    expect(viewing.delayMs(4)).toBeNaN();
    expect(viewing.delayMs(9_999)).toBeNaN();
    expect(viewing.bytes).toBe((messages[3]?.length ?? 0) + (messages[2_900]?.length ?? 0));
    expect(invariants.details).toEqual([]);
  });

  it('sees a forged message, and does not count it as delivered', () => {
    const { viewing, invariants, messages } = setUp();
    const bent = messages[5]?.slice() ?? new Uint8Array(0);
    bent[40] = (bent[40] as number) ^ 4;
    viewing.deliver(bent, 1, START_UNIX_MS + 1_500);
    expect(invariants.count('forged')).toBe(1);
    expect(invariants.details[0]).toContain('forged at 1.500 s, node 7');
    expect(viewing.bytes).toBe(0);
  });

  it('sees a message twice, one out of order, and an epoch that went back', () => {
    const { invariants, give } = setUp();
    give(5);
    give(5);
    expect(invariants.count('once')).toBe(1);
    give(4);
    expect(invariants.count('order')).toBe(1);
    give(6, 2);
    give(7, 1);
    expect(invariants.count('order')).toBe(2);
  });

  it('keeps the first breaches in words and counts all', () => {
    const { invariants, give } = setUp();
    give(5);
    for (let i = 0; i < 100; i++) give(5);
    expect(invariants.count('once')).toBe(100);
    expect(invariants.details).toHaveLength(20);
  });
});
