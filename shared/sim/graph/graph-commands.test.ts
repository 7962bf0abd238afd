import { afterEach, expect, test, vi } from 'vitest';
import { runFaults as play } from './fault-run.ts';
import { runFaults } from './faults-command.ts';
import { runGraph } from './graph-command.ts';
import { playGraph } from './graph-stage.ts';
import { HostileKind } from './hostile.ts';
import { runOrders } from './orders-command.ts';
import { plants } from './plants.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('a small network under churn meets its targets, and the same seed is the same run', () => {
  const options = { nodes: 24, seed: 3, seconds: 20 };
  const { figures, eventsRun } = playGraph(options);
  expect(figures.bytesPerNodePerSecond).toBeLessThan(4_000);
  expect(figures.convergeP99Ms).toBeLessThan(2_000);
  expect(figures).toMatchObject({ components: 1, componentsPerStreamMax: 1, membersListedRatio: 1 });
  expect(figures.degreeMax).toBeLessThanOrEqual(20);
  expect(playGraph(options).eventsRun).toBe(eventsRun);
});

test.each(Object.values(HostileKind))('nothing is violated with a %s among the nodes', (hostile) => {
  const { violations } = play({ seed: 5, nodesMax: 30, hostile });
  expect(violations).toEqual([]);
});

test('a planted bug is noticed, and taken out again', () => {
  const plant = plants.find(({ name }) => name === 'always-present');
  const takeOut = plant?.plant();
  const planted = play({ seed: 1, nodesMax: 30 }).violations;
  takeOut?.();
  expect(planted.map(({ rule }) => rule)).toContain('the gone are not listed');
  expect(play({ seed: 1, nodesMax: 30 }).violations).toEqual([]);
});

test('plants have names of their own, at least fifteen of them', () => {
  expect(new Set(plants.map(({ name }) => name)).size).toBe(plants.length);
  expect(plants.length).toBeGreaterThanOrEqual(15);
});

test.each([
  ['graph', runGraph, ['--nodes', '5']],
  ['graph', runGraph, ['--seed', '1.5']],
  ['graph-faults', runFaults, ['--seeds', 'all']],
  ['graph-faults', runFaults, ['--plant', 'a-tree']],
  ['graph-orders', runOrders, ['--nodes', '3']],
] as const)('%s refuses what it does not understand with a sentence', (_name, run, args) => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(run([...args])).toBe(2);
  expect(`${told.mock.calls[0]?.[0]}`).toMatch(/\w.*\./s);
});

test.each([
  ['graph', runGraph],
  ['graph-faults', runFaults],
  ['graph-orders', runOrders],
] as const)('%s --help says how to use it', (name, run) => {
  const told = vi.spyOn(console, 'log').mockImplementation(() => {});
  expect(run(['--help'])).toBe(0);
  expect(`${told.mock.calls[0]?.[0]}`).toContain(`usage: pnpm sim ${name}`);
});
