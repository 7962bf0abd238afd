import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { type PeerId, tagOf } from '../lib/ids.ts';
import { WantedWhat } from '../wire/graph-messages.ts';
import { ByteBudget, wireBytes } from './byte-budget.ts';
import { graphCaps, graphTimings } from './graph-contract.ts';
import { News } from './news.ts';
import { Pulls } from './pulls.ts';

const [A, B, C, D, E, F] = [1, 2, 3, 4, 5, 6].map(peerOf) as [PeerId, PeerId, PeerId, PeerId, PeerId, PeerId];
const tag = (number: number) => tagOf(peerOf(number));
const entry = (number: number, seq = 1, linksSeq = 0) => ({ tag: tag(number), epoch: 1, seq, linksSeq });
const { urgentNewsMs, lazyNewsMs, newsPatienceMs, pullPatienceMs } = graphTimings;

describe('news', () => {
  it('[R20] are collected, who came and left for a moment, the rest longer', () => {
    const news = new News();
    news.add(tag(9), [A], false, START);
    expect(news.deadline).toBe(START + lazyNewsMs);
    news.add(tag(8), [B], true, START);
    expect(news.deadline).toBe(START + urgentNewsMs);
    expect([...news.take(START + urgentNewsMs, true, 0).keys()]).toEqual([tag(8)]);
    expect(news.deadline).toBe(START + lazyNewsMs);
    expect(news.take(START + lazyNewsMs, true, 0)).toMatchObject(
      new Map([[tag(9), { knownBy: new Set([A]), urgent: false }]]),
    );
    expect(news.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('[R20] who shows that it knows is not told, and a newer version is news to all again', () => {
    const news = new News();
    news.add(tag(9), [A], true, START);
    news.knows(tag(9), B);
    news.add(tag(9), [C], false, START + 10);
    expect(news.take(START + urgentNewsMs, true, 0)).toMatchObject(
      new Map([[tag(9), { knownBy: new Set([C]), urgent: true }]]),
    );
  });

  it('[R35] what is not urgent waits for the budget, and falls away in the end', () => {
    const news = new News();
    news.add(tag(9), [A], false, START);
    const roomAt = START + 4_000;
    expect(news.take(START + lazyNewsMs, false, roomAt).size).toBe(0);
    expect(news.deadline).toBe(roomAt);
    expect(news.take(START + newsPatienceMs + 1, false, roomAt).size).toBe(0);
    expect([news.fallenAway, news.deadline]).toEqual([1, Number.POSITIVE_INFINITY]);
  });

  it('[R6] so many at most: the oldest are left to comparisons', () => {
    const news = new News();
    for (let number = 0; number < graphCaps.newsMax + 10; number++) news.add(tag(number), [], true, START);
    expect(news.take(START + urgentNewsMs, true, 0).size).toBe(graphCaps.newsMax);
  });
});

describe('pulls', () => {
  it('[R20] each version is asked of one neighbour at a time, then of the next that has it', () => {
    const pulls = new Pulls();
    expect(pulls.wants(entry(9), WantedWhat.both, A, false, START)).toBe(true);
    for (const peer of [B, B, C, D, E, F])
      expect(pulls.wants(entry(9), WantedWhat.both, peer, false, START)).toBe(false);
    expect(pulls.overdue(START + pullPatienceMs - 1).ask.size).toBe(0);
    const asked: PeerId[] = [];
    for (let time = 1; time <= 6; time++) {
      const { ask, silent } = pulls.overdue(START + time * pullPatienceMs);
      asked.push(...ask.keys());
      expect(silent).toHaveLength(time <= 5 ? 1 : 0);
    }
    expect(asked).toEqual([B, C, D, E]);
    expect(pulls.size).toBe(0);
  });

  it('[R20] a newer version is asked for although an older one is under way', () => {
    const pulls = new Pulls();
    pulls.wants(entry(9, 1), WantedWhat.record, A, false, START);
    expect(pulls.wants(entry(9, 2), WantedWhat.record, B, false, START)).toBe(true);
    expect(pulls.wants(entry(9, 2, 3), WantedWhat.both, B, false, START)).toBe(true);
  });

  it('[R20] what came is no longer waited for, part by part; who vouched for it is remembered', () => {
    const pulls = new Pulls();
    pulls.wants(entry(9), WantedWhat.both, A, false, START);
    pulls.wants(entry(9), WantedWhat.both, B, true, START);
    expect(pulls.came(tag(9), 'record')).toEqual({ announcers: [A, B], vouched: true });
    expect(pulls.size).toBe(1);
    expect(pulls.came(tag(9), 'links')).toBeDefined();
    expect([pulls.size, pulls.came(tag(9), 'links')]).toEqual([0, undefined]);
  });

  it('[R20] a neighbour that goes is replaced at once', () => {
    const pulls = new Pulls();
    pulls.wants(entry(9), WantedWhat.record, A, false, START);
    pulls.wants(entry(9), WantedWhat.record, B, false, START);
    pulls.lost(A);
    const { ask, silent } = pulls.overdue(START + 1);
    expect([[...ask.keys()], silent]).toEqual([[B], []]);
  });

  it('[R6] so many at a time', () => {
    const pulls = new Pulls();
    for (let number = 0; number < graphCaps.pullsMax + 5; number++) {
      const asked = pulls.wants(entry(number), WantedWhat.record, A, false, START);
      expect(asked).toBe(number < graphCaps.pullsMax);
    }
  });
});

describe('the byte budget', () => {
  it('[R35] counts headers for every datagram, and can be overdrawn but not forever', () => {
    expect([wireBytes(0), wireBytes(1_160), wireBytes(1_161)]).toEqual([93, 1_253, 1_347]);
    const budget = new ByteBudget(4_000);
    expect(budget.seconds(START)).toBe(4);
    budget.spend(24_000);
    expect(budget.seconds(START)).toBe(-2);
    expect(budget.when(0, START)).toBe(START + 2_000);
    expect(budget.seconds(START + 3_000)).toBe(1);
    expect(budget.seconds(START + 100_000)).toBe(4);
  });
});
