// Supernodes of two operators who have listed each other: people open the page of either, and meet in one stream.

import {
  expectHonestPictures,
  expectMovingPixels,
  PICTURES_A_SECOND,
  seesPictures,
} from '../support/expect-pictures.ts';
import type { Supernode } from '../support/supernode.ts';
import { expect, test } from '../support/swarm.ts';

/** A browser's own words when nobody listens where a supernode was. */
const SUPERNODE_GONE = /^WebSocket connection to .*\/link' failed/;

const linked = (supernode: Supernode) =>
  expect.poll(async () => (await supernode.health()).supernodes).toBe(1);

test('a host and viewers of different supernodes meet, also when one was killed and is back', async ({
  swarm,
}) => {
  const operators = await swarm.addLinkedSupernodes();
  const [one, two] = operators.supernodes;
  for (const supernode of operators.supernodes) await linked(supernode);

  const host = await swarm.host({ origin: one.url });
  const [fragment] = new URL(host.link).hash.split('?');
  const viewer = await swarm.viewer(`${two.url}/${fragment}`);
  await seesPictures(viewer, PICTURES_A_SECOND);
  await expectMovingPixels(viewer);
  expect((await viewer.figure('Connections')).text).toBe('1 peer, 1 supernode');
  // Each page has a socket to its own supernode only; the third is that of the two supernodes.
  expect((await one.health()).connections).toBe(2);
  expect((await two.health()).connections).toBe(1);

  await two.kill();
  await expect.poll(async () => (await one.health()).supernodes).toBe(0);
  await seesPictures(viewer, PICTURES_A_SECOND);
  const back = await operators.restartSecond();
  await linked(one);
  const late = await swarm.viewer(`${back.url}/${fragment}`);
  await seesPictures(late, PICTURES_A_SECOND);
  await expectHonestPictures([viewer, late]);
  expect(swarm.complaints.filter((words) => !SUPERNODE_GONE.test(words))).toEqual([]);
});
