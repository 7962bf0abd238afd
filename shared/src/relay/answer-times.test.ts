import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { AnswerTimes } from './answer-times.ts';

const [A, B, C, D, MALLORY] = [1, 2, 3, 4, 5].map(peerOf) as [PeerId, PeerId, PeerId, PeerId, PeerId];

/** Each answers a hundred times, one every 10 ms. */
function answered(took: ReadonlyMap<PeerId, number>) {
  const answers = new AnswerTimes();
  for (const n of range(0, 100)) for (const [peer, ms] of took) answers.took(peer, ms, START + n * 10);
  return answers;
}
const LATER = START + 1_000;

describe('how long answers take', () => {
  it('[R14] is what half of those need who answered, and a margin for what varies', () => {
    const even = answered(
      new Map([
        [A, 100],
        [B, 300],
        [C, 900],
      ]),
    );
    expect(even.usualMs(LATER)).toBeCloseTo(300, 0);
    const uneven = new AnswerTimes();
    for (const n of range(0, 100))
      for (const peer of [A, B]) uneven.took(peer, n % 2 === 0 ? 100 : 500, START);
    expect(uneven.usualMs(START)).toBeGreaterThan(500);
  });

  it('[R14] is not said before two have answered, nor by what was long ago', () => {
    const answers = new AnswerTimes();
    expect(answers.usualMs(START)).toBe(0);
    answers.took(A, 700, START);
    expect(answers.usualMs(START + 100)).toBe(0);
    answers.took(B, 700, START);
    expect(answers.usualMs(START + 200)).toBe(2_100);
    expect(answers.usualMs(START + 20_000)).toBe(0);
  });

  it('[R14] is not said by one alone, nor by fewer than half', () => {
    const usual = answered(new Map([A, B, C].map((peer) => [peer, 60]))).usualMs(LATER);
    for (const liars of [[MALLORY], [MALLORY, D]]) {
      const took = new Map([A, B, C].map((peer) => [peer, 60]));
      for (const liar of liars) took.set(liar, 60_000);
      expect(answered(took).usualMs(LATER)).toBe(usual);
    }
    expect(answered(new Map([[MALLORY, 60_000]])).usualMs(LATER)).toBe(0);
    const two = new Map([
      [A, 60],
      [MALLORY, 60_000],
    ]);
    expect(answered(two).usualMs(LATER)).toBe(usual);
  });

  it('[R6] is forgotten with the neighbour', () => {
    const answers = answered(new Map([A, B].map((peer) => [peer, 400])));
    expect(answers.usualMs(LATER)).toBeCloseTo(400, 0);
    answers.forget(A);
    expect([answers.size, answers.usualMs(LATER)]).toEqual([1, 0]);
  });
});
