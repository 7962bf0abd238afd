import { expect, it } from 'vitest';
import { GraphLoop } from '../../test-kit/graph-loop.ts';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import { Role } from '../wire/link-messages.ts';
import { viewOf } from './graph-view.ts';
import { statisticsOf } from './statistics.ts';

it('[R23] every node sees the same network: two streams, a bridge, a supernode; and no more who crashed', () => {
  const loop = new GraphLoop();
  loop.add(1, { role: Role.supernode });
  for (const number of [2, 3, 4]) loop.add(number, { stream: streamOf(7) });
  for (const number of [5, 6]) loop.add(number, { stream: streamOf(8) });
  const links = [
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 2],
    [4, 5],
    [5, 6],
    [6, 1],
  ] as const;
  for (const [a, b] of links) loop.connect(a, b);
  loop.run(30_000);
  for (const number of [1, 2, 3, 4, 5, 6]) {
    const { activeNodes, supernodes, connections, subnetworks, listed } = statisticsOf(
      viewOf(loop.graph(number), loop.now),
    );
    expect([activeNodes, supernodes, connections, subnetworks]).toEqual([5, 1, 5, 2]);
    expect(
      listed.map(({ internalRelations, externalConnections }) => [internalRelations, externalConnections]),
    ).toEqual([
      [3, 1],
      [1, 1],
    ]);
  }
  loop.crash(3);
  loop.run(60_000);
  const view = viewOf(loop.graph(6), loop.now);
  expect([...view.nodes].map(({ id }) => id)).not.toContain(peerOf(3));
  expect(statisticsOf(view).connections).toBe(3);
});
