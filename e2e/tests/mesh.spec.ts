// Two streams in one network: bridges between them, supernodes that lie or die, and links that the mesh makes without them. What is
// asserted is what a person sees: the pixels of the pictures and the figures beside them.

import {
  expectHonestPictures,
  expectMovingPixels,
  framesLost,
  goOnWithout,
  PICTURES_A_SECOND,
  seesPictures,
} from '../support/expect-pictures.ts';
import type { HostPage } from '../support/host-page.ts';
import type { PeerPage } from '../support/peer-page.ts';
import type { Supernode } from '../support/supernode.ts';
import { serveSwapped } from '../support/swapping-proxy.ts';
import { expect, type Swarm, test } from '../support/swarm.ts';
import type { ViewerPage } from '../support/viewer-page.ts';

/** A good run takes less than a minute. */
const WHOLE_STORY_WITHIN_MS = 240_000;
/** A good run takes three seconds: the loss is noticed, then bridges are looked for every two seconds. */
const REPAIRED_WITHIN_MS = 60_000;
/** Bridges that a page looks for when it has fewer. */
const BRIDGES_TARGET = 2;
/** A browser's own words when nobody listens where a supernode was. */
const SUPERNODE_GONE = /^WebSocket connection to .*\/link' failed/;

test('two streams go on and mend their links when the supernodes are gone', async ({ swarm }) => {
  test.setTimeout(WHOLE_STORY_WITHIN_MS);
  const supernodes = await linkedSupernodes(swarm);
  const [one, two] = supernodes;
  const first = await swarm.host({ title: 'First', origin: one.url, via: [two.socketUrl] });
  const second = await swarm.host({ title: 'Second', origin: two.url, via: [one.socketUrl] });
  const ofFirst = [await swarm.viewer(first.link), await swarm.viewer(first.link)];
  const ofSecond: ViewerPage[] = [];
  for (let i = 0; i < 3; i++) ofSecond.push(await swarm.viewer(second.link));

  await test.step('there are bridges between the streams', async () => {
    const pages = [first, second, ...ofFirst, ...ofSecond];
    await Promise.all([...ofFirst, ...ofSecond].map((viewer) => seesPictures(viewer, 1)));
    await expectBridges(pages);
    for (const page of pages)
      await expect(page.page.getByText(/^\d bridges to other streams$/)).toBeVisible();
  });

  // Everybody else has enough bridges now and looks for no more, so this one has those that it made itself, and no others.
  const late = await swarm.viewer(first.link);
  ofFirst.push(late);
  const viewers = [...ofFirst, ...ofSecond];

  await test.step('everybody sees their own stream and is known to both supernodes', async () => {
    await Promise.all(viewers.map((viewer) => seesPictures(viewer, PICTURES_A_SECOND)));
    await expectTitle('First', ofFirst);
    await expectTitle('Second', ofSecond);
    await expectConnections([first, second, ...viewers], '3 peers, 2 supernodes');
    await expect.poll(() => late.bridges()).toHaveLength(BRIDGES_TARGET);
  });

  await test.step('both supernodes are killed, and the streams go on', async () => {
    await Promise.all(supernodes.map((supernode) => supernode.kill()));
    await expectConnections([first, second, ...viewers], '3 peers, 0 supernodes');
    await Promise.all(viewers.map((viewer) => seesPictures(viewer, PICTURES_A_SECOND)));
  });

  await test.step('a viewer leaves, and a link through the mesh takes the place of its bridge', async () => {
    const before = await late.bridges();
    const { viewer: leaving, id: gone } = await bridged(ofSecond, before);
    ofSecond.splice(ofSecond.indexOf(leaving), 1);
    const lostBefore = await framesLost([...ofFirst, ...ofSecond]);
    await leaving.close();
    // Two pages open a link only after each has had the other's signals. The supernodes are dead, and nothing but a page has a link
    // to the latecomer: so if it is linked with somebody whom it had no link to before, their signals went from page to page.
    const made = async (): Promise<number> =>
      (await late.bridges()).filter((id) => !before.includes(id)).length;
    await expect.poll(made, { timeout: REPAIRED_WITHIN_MS }).toBeGreaterThan(0);
    expect(await late.bridges()).not.toContain(gone);
    await expectBridges([first, second, ...ofFirst, ...ofSecond]);
    await goOnWithout(gone, [...ofFirst, ...ofSecond], lostBefore);
  });

  await test.step('the net graph knows who is left', async () => {
    await expectConnections([first, second, ...ofFirst, ...ofSecond], /^[23] peers, 0 supernodes$/);
    await expectViewers(first, ofFirst.length);
    await expectViewers(second, ofSecond.length);
  });

  for (const viewer of [...ofFirst, ...ofSecond]) await expectMovingPixels(viewer);
  await expectHonestPictures([...ofFirst, ...ofSecond]);
  expect(swarm.complaints.filter((words) => !SUPERNODE_GONE.test(words))).toEqual([]);
});

test('a supernode that swaps SDP fingerprints comes to nothing, and an honest one suffices', async ({
  swarm,
}) => {
  const [watched, honest] = await linkedSupernodes(swarm);
  const hostile = await serveSwapped(watched.url);
  try {
    const host = await swarm.host({ title: 'Untouched', origin: watched.url, via: [honest.socketUrl] });
    const [fragment] = new URL(host.link).hash.split('?');

    const alone = await swarm.viewer(`${hostile.url}/${fragment}`);
    await expect(alone.page.getByRole('alert')).toContainText('none can be reached');
    expect(hostile.swapped).toBeGreaterThan(0);
    await expectConnections([alone, host], /^0 peers/);

    const helped = await swarm.viewer(`${hostile.url}/${fragment}?via=${honest.socketUrl}`);
    await seesPictures(helped, PICTURES_A_SECOND);
    await expectMovingPixels(helped);
    await expectHonestPictures([helped]);

    // Meanwhile the other one has had time to be led astray.
    await expectConnections([alone], '0 peers, 1 supernode');
    expect(await alone.painted()).toBe(0);
    await expectConnections([host], /^1 peer,/);
    expect(swarm.complaints).toEqual([]);
  } finally {
    hostile.close();
  }
});

/** Two supernodes that are linked with each other. */
async function linkedSupernodes(swarm: Swarm): Promise<readonly [Supernode, Supernode]> {
  const { supernodes } = await swarm.addLinkedSupernodes();
  for (const supernode of supernodes)
    await expect.poll(async () => (await supernode.health()).supernodes).toBe(1);
  return supernodes;
}

async function expectBridges(pages: readonly PeerPage[]): Promise<void> {
  for (const page of pages) {
    await expect
      .poll(() => page.number('Bridges'), { timeout: REPAIRED_WITHIN_MS })
      .toBeGreaterThanOrEqual(BRIDGES_TARGET);
  }
}

async function expectConnections(pages: readonly PeerPage[], words: string | RegExp): Promise<void> {
  for (const page of pages) {
    const connections = async (): Promise<string> => (await page.figure('Connections')).text;
    if (typeof words === 'string') await expect.poll(connections).toBe(words);
    else await expect.poll(connections).toMatch(words);
  }
}

async function expectTitle(title: string, viewers: readonly ViewerPage[]): Promise<void> {
  for (const { page } of viewers) await expect(page.getByRole('heading', { name: title })).toBeVisible();
}

async function expectViewers(host: HostPage, count: number): Promise<void> {
  await expect.poll(() => host.number('Viewers')).toBe(count);
}

/** One of the viewers that a page is bridged to. */
async function bridged(
  viewers: readonly ViewerPage[],
  bridges: readonly string[],
): Promise<{ viewer: ViewerPage; id: string }> {
  for (const viewer of viewers) {
    const { self } = await viewer.place();
    if (bridges.includes(self)) return { viewer, id: self };
  }
  throw new Error(`None of the viewers is among ${bridges.join(', ')}.`);
}
