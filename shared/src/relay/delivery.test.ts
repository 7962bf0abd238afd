import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf, START } from '../../test-kit/frames.ts';
import { range } from '../../test-kit/relay-loop.ts';
import { Delivery, type DeliverySettings, type DeliveryStep } from './delivery.ts';
import { FrameMap } from './frame-map.ts';

const settings: DeliverySettings = {
  confirmWithinMs: 35,
  gapPolicy: 'skip-to-key',
  gapWaitMs: 700,
  retentionMs: 12_000,
};

function setUp(changes: Partial<DeliverySettings> = {}, startAt = 0) {
  const frames = new FrameMap();
  const delivery = new Delivery(frames, { ...settings, ...changes });
  delivery.startAt(startAt);
  const put = (seq: number, now: number, confirmed = true): void => {
    frames.put(frameOf(seq), now).confirmed = confirmed;
  };
  return { frames, delivery, put };
}

/** What the application hears. */
const words = (steps: readonly DeliveryStep[]): (number | string)[] =>
  steps.flatMap((step) => {
    if (step.type === 'verdict') return [];
    return step.type === 'gap' ? `${step.fromSeq}–${step.toSeq}` : step.frame.header.seq;
  });

const verdicts = (steps: readonly DeliveryStep[]): boolean[] =>
  steps.flatMap((step) => (step.type === 'verdict' ? step.confirmed : []));

describe('delivery', () => {
  it('[R13] gives nothing before it knows where to start', () => {
    const frames = new FrameMap();
    const delivery = new Delivery(frames, settings);
    frames.put(frameOf(0), START).confirmed = true;
    expect(delivery.advance(START)).toEqual([]);
    expect(delivery.cursor).toBeUndefined();
  });

  it('[R13] gives a confirmed frame at once, any other at its deadline, as unconfirmed', () => {
    const { delivery, put } = setUp();
    put(0, START);
    put(1, START, false);
    put(2, START);
    expect(words(delivery.advance(START))).toEqual([0]);
    expect(delivery.deadline).toBe(START + 35);
    expect(delivery.advance(START + 34)).toEqual([]);
    const steps = delivery.advance(START + 35);
    expect(words(steps)).toEqual([1, 2]);
    expect(verdicts(steps)).toEqual([false, true]);
    expect(delivery.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('[R13] a frame that is shown later is given after 35 ms, and counts as confirmed if it is by then', () => {
    const { frames, delivery, put } = setUp({ confirmWithinMs: 300 });
    for (const seq of range(0, 3)) put(seq, START, false);
    expect(delivery.advance(START + 34)).toEqual([]);
    const given = delivery.advance(START + 35);
    expect(words(given)).toEqual([0, 1, 2]);
    expect(verdicts(given)).toEqual([]);
    expect(delivery.openFrom).toBe(0);
    expect(delivery.deadline).toBe(START + 300);
    for (const seq of [0, 2]) {
      const slot = frames.get(seq);
      if (slot) slot.confirmed = true;
    }
    expect(verdicts(delivery.advance(START + 299))).toEqual([true]);
    expect(delivery.openFrom).toBe(1);
    expect(verdicts(delivery.advance(START + 300))).toEqual([false, true]);
    expect(delivery.openFrom).toBe(3);
    expect(delivery.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('[R13] a frame that was forgotten before the votes came is unconfirmed', () => {
    const { frames, delivery, put } = setUp({ confirmWithinMs: 300 });
    put(0, START, false);
    delivery.advance(START + 35);
    frames.startAt(1);
    expect(verdicts(delivery.advance(START + 36))).toEqual([false]);
  });

  it('[R13] a change of the deadline applies to frames that wait already', () => {
    const { delivery, put } = setUp();
    put(0, START, false);
    delivery.advance(START);
    delivery.confirmWithinMs = 10;
    expect(words(delivery.advance(START + 10))).toEqual([0]);
  });

  it('[R13] in order, exactly once, whatever the order of arrival', () => {
    const order = fc.shuffledSubarray(range(0, 30), { minLength: 30 });
    fc.assert(
      fc.property(order, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (seqs, confirmed) => {
        const { delivery, put } = setUp();
        const seen: (number | string)[] = [];
        for (const [at, seq] of seqs.entries()) {
          put(seq, START + at, confirmed[seq]);
          seen.push(...words(delivery.advance(START + at)));
        }
        seen.push(...words(delivery.advance(START + 100)));
        expect(seen).toEqual(range(0, 30));
      }),
    );
  });

  it('[R13] media waits for a missing frame, then goes on at the next key message that is here', () => {
    const { delivery, put } = setUp();
    for (const seq of range(0, 25)) if (seq !== 3 && seq !== 12) put(seq, START);
    expect(words(delivery.advance(START))).toEqual([0, 1, 2]);
    expect(delivery.deadline).toBe(START + 700);
    expect(delivery.advance(START + 699)).toEqual([]);
    expect(words(delivery.advance(START + 700))).toEqual(['3–9', 10, 11]);
    expect(words(delivery.advance(START + 1_400))).toEqual(['12–19', 20, 21, 22, 23, 24]);
  });

  it('[R13] a newcomer that has had nothing yet begins at the next key message, and has lost nothing', () => {
    const { delivery, put } = setUp();
    for (const seq of [1, 2, 10, 11]) put(seq, START);
    expect(delivery.advance(START)).toEqual([]);
    expect(delivery.deadline).toBe(START + 700);
    expect(words(delivery.advance(START + 700))).toEqual([10, 11]);
  });

  it('[R13] data that are missing are lost to a newcomer, too', () => {
    const { delivery, put } = setUp({ gapPolicy: 'wait' });
    put(1, START);
    delivery.advance(START);
    expect(words(delivery.advance(START + 12_000))).toEqual(['0–0', 1]);
  });

  it('[R13] a frame that comes in time closes the gap', () => {
    const { delivery, put } = setUp();
    put(0, START);
    put(2, START);
    delivery.advance(START);
    put(1, START + 699);
    expect(words(delivery.advance(START + 699))).toEqual([1, 2]);
    put(4, START + 1_000);
    expect(delivery.advance(START + 1_000)).toEqual([]);
    expect(delivery.deadline).toBe(START + 1_700);
  });

  it('[R13] without a key message it waits for one rather than give what cannot be used', () => {
    const { delivery, put } = setUp();
    put(0, START);
    put(2, START);
    delivery.advance(START);
    expect(delivery.advance(START + 5_000)).toEqual([]);
    put(10, START + 5_100);
    expect(words(delivery.advance(START + 5_100))).toEqual(['1–9', 10]);
  });

  it('[R13] data waits until retention gives the frame up, then goes on at the next whole message', () => {
    const { frames, delivery, put } = setUp({ gapPolicy: 'wait' });
    put(0, START);
    frames.put(frameOf(2, { index: 1, count: 2 }), START).confirmed = true;
    put(3, START);
    expect(words(delivery.advance(START))).toEqual([0]);
    expect(delivery.advance(START + 11_999)).toEqual([]);
    expect(words(delivery.advance(START + 12_000))).toEqual(['1–2', 3]);
  });

  it('[R13] at the live edge nothing is missing', () => {
    const { delivery, put } = setUp();
    put(0, START);
    delivery.advance(START);
    expect(delivery.advance(START + 60_000)).toEqual([]);
    put(1, START + 60_000);
    expect(words(delivery.advance(START + 60_000))).toEqual([1]);
  });
});
