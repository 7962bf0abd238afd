import { describe, expect, it } from 'vitest';
import type { ForestFigures } from './forest-stage.ts';
import { type ForestTask, playTask } from './forest-task.ts';
import { playSeeds, spreadOf } from './several-seeds.ts';

const TEST_TIMEOUT_MS = 60_000;

const runsWith = (figure: keyof ForestFigures, values: readonly number[]) =>
  values.map((value, i) => ({ seed: i + 1, figures: { [figure]: value } as unknown as ForestFigures }));

describe('the spread of a figure over seeds', () => {
  it('is the median, which has to meet the target, and the worst with its seed', () => {
    const runs = runsWith('recoverMs', [900, 2_000, 700, 1_100]);
    expect(spreadOf(runs, { figure: 'recoverMs' }, { most: 1_000 })).toEqual({
      median: 1_000,
      worst: 2_000,
      worstSeed: 2,
      missedBy: [2, 4],
      met: true,
    });
  });

  it('has its worst at the bottom where a figure is to be large', () => {
    const runs = runsWith('uploadJain', [0.9, 0.8, 0.84]);
    expect(spreadOf(runs, { figure: 'uploadJain', worst: 'least' }, { least: 0.85 })).toMatchObject({
      median: 0.84,
      worst: 0.8,
      worstSeed: 2,
      missedBy: [2, 3],
      met: false,
    });
  });

  it('forgives no seed what must never happen', () => {
    const runs = runsWith('lostFrames', [0, 0, 3]);
    expect(spreadOf(runs, { figure: 'lostFrames' }, { most: 0 })).toMatchObject({
      median: 0,
      missedBy: [3],
      met: false,
    });
  });

  it('counts what never came as worst, and leaves out what was not measured', () => {
    const runs = runsWith('deliveredP99Ms', [200, Number.POSITIVE_INFINITY, Number.NaN]);
    expect(spreadOf(runs, { figure: 'deliveredP99Ms' }, undefined)).toMatchObject({
      worstSeed: 2,
      missedBy: [],
    });
    expect(
      spreadOf(runsWith('recoverMs', [Number.NaN]), { figure: 'recoverMs' }, { most: 1 }),
    ).toBeUndefined();
  });
});

it('plays each seed as it is played alone', { timeout: TEST_TIMEOUT_MS }, async () => {
  const task: ForestTask = { scenario: 'steady', nodes: 8, seed: 3, seconds: 3, kill: 0.3, hostile: 0.2 };
  const done: number[] = [];
  const runs = await playSeeds(task, 3, 1, (count) => done.push(count));
  expect(done).toEqual([1, 2, 3]);
  expect(runs.map(({ seed }) => seed)).toEqual([3, 4, 5]);
  for (const { seed, figures } of runs)
    expect(figures).toEqual(playTask({ ...task, seed }, undefined).figures);
});
