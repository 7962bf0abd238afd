// What an operator does, as viewers feel it: a supernode that is stopped while they watch, and a TURN server where nothing else connects.

import {
  expectHonestPictures,
  expectMovingPixels,
  PICTURES_A_SECOND,
  seesPictures,
} from '../support/expect-pictures.ts';
import { kindsInUse, relayOnly } from '../support/relay-only.ts';
import { startSupernode } from '../support/supernode.ts';
import { expect, Swarm, test } from '../support/swarm.ts';
import { hasTurnServer, startTurnServer } from '../support/turn-server.ts';

/** Three pages at rest paint 30 pictures a second; a pause as long as this would be a stall that a viewer sees. */
const PAUSE_MS_MAX = 1_000;
/** A browser's own words when nobody listens where a supernode was, or it takes no newcomers. */
const SUPERNODE_GONE = /^WebSocket connection to .*\/link' failed/;

test('a supernode that is stopped sends its pages to another one, and the pictures go on', async ({
  swarm,
}) => {
  const alternate = swarm.supernode;
  const stopping = await swarm.addSupernode({ flags: ['--alternate', alternate.socketUrl] });
  const host = await swarm.host({ origin: stopping.url });
  const viewers = [await swarm.viewer(host.link), await swarm.viewer(host.link)];
  await Promise.all(viewers.map((viewer) => seesPictures(viewer, PICTURES_A_SECOND)));
  expect((await alternate.health()).connections).toBe(0);

  const pauses = Promise.all(viewers.map(({ picture }) => picture.evaluate(longestPause, 6_000)));
  await stopping.stop();
  await expect.poll(async () => (await alternate.health()).connections).toBe(3);
  for (const page of [host, ...viewers])
    await expect.poll(async () => (await page.figure('Connections')).text).toBe('2 peers, 1 supernode');
  for (const pauseMs of await pauses) expect(pauseMs).toBeLessThan(PAUSE_MS_MAX);

  // The alternate knows the stream: a newcomer finds it there.
  const [fragment] = new URL(host.link).hash.split('?');
  const late = await swarm.viewer(`${alternate.url}/${fragment}`);
  await seesPictures(late, PICTURES_A_SECOND);
  await expectMovingPixels(late);
  await expectHonestPictures([...viewers, late]);
  expect(swarm.complaints.filter((words) => !SUPERNODE_GONE.test(words))).toEqual([]);
});

/** The longest time between two pictures on a canvas, as far as its counter shows, while watching it for so many ms. */
async function longestPause(picture: Element, forMs: number): Promise<number> {
  const until = performance.now() + forMs;
  let [painted, at, longest] = [picture.getAttribute('data-painted'), performance.now(), 0];
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = picture.getAttribute('data-painted');
    if (now !== painted) [painted, at] = [now, performance.now()];
    longest = Math.max(longest, performance.now() - at);
  }
  return longest;
}

test('where only TURN connects, pages meet through it with credentials of their own', async ({ browser }) => {
  test.skip(!hasTurnServer(), 'needs coturn (apt-get install coturn)');
  const turn = await startTurnServer();
  const swarm = new Swarm(relayOnly(browser), await startSupernode({ flags: turn.flags }));
  try {
    const host = await swarm.host();
    const viewer = await swarm.viewer(host.link);
    await seesPictures(viewer, PICTURES_A_SECOND);
    await expectMovingPixels(viewer);
    await expectHonestPictures([viewer]);
    for (const { page } of [host, viewer]) {
      const kinds = await kindsInUse(page);
      expect(kinds.length).toBeGreaterThan(0);
      expect(new Set(kinds)).toEqual(new Set(['relay']));
    }
  } finally {
    await swarm.close();
    await turn.stop();
  }
});

test('and without a TURN server such pages do not meet', async ({ browser, swarm }) => {
  const walled = new Swarm(relayOnly(browser), swarm.supernode);
  const host = await walled.host();
  const viewer = await walled.viewer(host.link);
  await expect(viewer.page.getByRole('alert')).toContainText('reach', { timeout: 40_000 });
  expect(await viewer.painted()).toBe(0);
  for (const { page } of [host, viewer]) await page.context().close();
});
