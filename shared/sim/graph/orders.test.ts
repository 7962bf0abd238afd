import { expect, test } from 'vitest';
import { explore } from './orders-command.ts';
import { Change, ThreeNodes } from './three-nodes.ts';

test('the machines settle before the change, and know each other', () => {
  const network = new ThreeNodes(Change.moved);
  expect(new Set(network.choices())).toEqual(new Set(['0 1', '0 2']));
});

test('[R20] orders end in one state, each node takes a change once, no more notices are redundant than in the thesis', () => {
  const explored = explore(Change.leave, 10_000);
  expect(explored).toMatchObject({ complete: true, ends: 1, takenOnce: true });
  expect(explored.redundantInAll.most).toBeLessThanOrEqual(4);
});
