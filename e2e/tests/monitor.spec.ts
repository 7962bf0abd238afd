// The network monitor in front of a large network: a real supernode that another program has told of 2,000 people and 10,000 links.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { expectAccessible } from '../support/accessible.ts';
import { type Crowd, crowdFlags, startCrowd } from '../support/crowd.ts';
import { openTab } from '../support/peer-page.ts';
import { startSupernode } from '../support/supernode.ts';
import { expect, test } from '../support/swarm.ts';

const folder = mkdtempSync(join(tmpdir(), 'monitor-'));
test.afterAll(() => rmSync(folder, { recursive: true }));

const picture = (page: Page) => page.getByRole('group', { name: /^Picture of the network/ });
/** Everybody of the crowd, and the supernode itself, has a place in the picture. */
const expectPlaced = (page: Page, crowd: Crowd) =>
  expect(picture(page)).toHaveAttribute('data-placed', String(crowd.members + crowd.supernodes + 1));

test('2,000 people and 10,000 links are shown in plots, as a picture and as tables; a restart keeps the plots', async ({
  browser,
}) => {
  const flags = ['--monitor-history', join(folder, 'history'), ...crowdFlags()];
  let supernode = await startSupernode({ flags });
  const crowd = await startCrowd(supernode.url);
  const [largest, second] = crowd.streams;
  const page = await openTab(browser);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));

  await test.step('the page shows all of it', async () => {
    await page.goto(supernode.url);
    await page.getByRole('link', { name: 'See the network' }).click();
    await expect(
      page.getByText(`2000 nodes in 9 subnetworks, ${crowd.links} links`, { exact: false }),
    ).toBeVisible();
    await expectPlaced(page, crowd);
    const values = page.locator('.plot-value');
    await expect(values).toHaveCount(8);
    await expect(values.nth(0)).toHaveText('2,000');
    await expect(values.nth(1)).toHaveText('10,000');
    await expect(values.nth(2)).toHaveText('9');
    expect(await coloursOf(page), 'each subnetwork has its colour').toBeGreaterThanOrEqual(9);
  });

  await test.step('a node is found, and what is known of it can be read', async () => {
    await page.getByLabel('Find a node').fill(largest?.host ?? '');
    await page.keyboard.press('Enter');
    const card = page.getByRole('region', { name: `Node ${largest?.host}` });
    await expect(card.getByText('host', { exact: true })).toBeVisible();
    await expect(card.getByText(largest?.name ?? '', { exact: true })).toBeVisible();
    await card.getByRole('button', { name: 'supernode' }).first().click();
    await expect(
      page.getByRole('region', { name: /^Node / }).getByText('supernode', { exact: true }),
    ).toBeVisible();
    await page.getByLabel('Find a node').fill('zzzzzzzz');
    await expect(page.getByText('Nobody’s id begins like that.')).toBeVisible();
    await page.getByLabel('Find a node').fill('');
    await page.getByRole('button', { name: 'Close' }).click();
  });

  await test.step('the tables say the same', async () => {
    await page.getByText('The same as tables').click();
    const row = page.getByRole('row', { name: new RegExp(`^${second?.name} ${second?.members} `) });
    await expect(row).toBeVisible();
    await expect(page.getByRole('table', { name: /^25 of 2004 nodes/ })).toBeVisible();
    await page.getByRole('button', { name: new RegExp(`^${second?.name}`) }).click();
    await expect(
      page.getByRole('table', { name: `25 of ${second?.members} nodes in ${second?.name}` }),
    ).toBeVisible();
  });

  await test.step('the keyboard alone moves and zooms the picture', async () => {
    await picture(page).focus();
    const before = await picture(page).screenshot();
    await page.keyboard.press('ArrowRight');
    await expectChanged(page, before);
    const moved = await picture(page).screenshot();
    await page.keyboard.press('+');
    await expectChanged(page, moved);
    await page.keyboard.press('0');
  });

  await test.step('it is free of what axe finds: wide and light, and dark on a phone', async () => {
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 740 });
    await expectAccessible(page);
    const plot = await page.getByText('Active nodes').boundingBox();
    expect((plot?.x ?? 0) + (plot?.width ?? 999), 'nothing is cut off').toBeLessThan(360);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  const seenMs = Date.now();
  await test.step('after a restart without the crowd, the past is still there', async () => {
    const { port } = new URL(supernode.url);
    await crowd.stop();
    await supernode.stop();
    await expect(page.getByText('The supernode does not answer', { exact: false })).toBeVisible();
    supernode = await startSupernode({ flags: [...flags, '--port', port] });
    await expect(page.getByText('0 nodes in 0 subnetworks', { exact: false })).toBeVisible();
    await page.getByRole('button', { name: 'Pause' }).click();
    const time = page.getByLabel('Time that is shown');
    const firstMs = Number(await time.getAttribute('min'));
    await time.fill(String(firstMs + 1_000 * Math.floor((seenMs - firstMs) / 1_000)));
    await expect(page.getByText('2000 nodes in 9 subnetworks', { exact: false })).toBeVisible();
    await page.getByRole('button', { name: 'Back to now' }).click();
    await expect(page.getByText('0 nodes in 0 subnetworks', { exact: false })).toBeVisible();
  });

  expect(complaints).toEqual([]);
  await page.context().close();
  await supernode.stop();
});

test('the picture follows those who come and go, can be stopped, and goes back in time', async ({
  browser,
  swarm,
}) => {
  const { url } = await swarm.addSupernode({ flags: crowdFlags() });
  const page = await openTab(browser);
  await page.goto(`${url}/monitor`);
  await expect(page.getByText('0 nodes in 0 subnetworks', { exact: false })).toBeVisible();
  const crowd = await startCrowd(url, { nodes: 200, links: 800 });
  await expectPlaced(page, crowd);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByLabel('Time that is shown').focus();
  await page.keyboard.press('Home');
  await expect(page.getByText('0 nodes in 0 subnetworks', { exact: false })).toBeVisible();
  await expect(picture(page), 'the supernode is alone').toHaveAttribute('data-placed', /^[01]$/);
  await crowd.stop();
  await page.getByRole('button', { name: 'Back to now' }).click();
  await expect(page.getByText('200 nodes in', { exact: false })).toBeVisible();
  await expectPlaced(page, crowd);
  await page.context().close();
});

test('an operator can show the network to those who have a token, or to nobody', async ({ browser }) => {
  const token = 'the operator’s own token';
  const file = join(folder, 'token');
  writeFileSync(file, `${token}\n`);
  const guarded = await startSupernode({ flags: ['--monitor', 'token', '--monitor-token-file', file] });
  const page = await openTab(browser);
  await page.goto(`${guarded.url}/monitor`);
  await page.getByLabel('Token').fill('a guess');
  await page.getByRole('button', { name: 'Watch the network' }).click();
  await expect(page.getByRole('alert').getByText('That is not the token', { exact: false })).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Watch the network' }).click();
  await expect(page.getByText('1 supernode', { exact: false })).toBeVisible();
  await guarded.stop();

  const closed = await startSupernode({ flags: ['--monitor', 'off'] });
  expect((await page.request.get(`${closed.url}/monitor`)).status()).toBe(404);
  await page.goto(`${closed.url}/#/monitor`);
  await expect(page.getByText('does not show its network', { exact: false })).toBeVisible();
  await page.context().close();
  await closed.stop();
});

const expectChanged = (page: Page, before: Buffer) =>
  expect.poll(async () => (await picture(page).screenshot()).equals(before)).toBe(false);

/** Colours that the picture shows on many pixels, as a person would tell them apart. */
async function coloursOf(page: Page): Promise<number> {
  return page.locator('.network-image').evaluate((image) => {
    const canvas = image as HTMLCanvasElement;
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext('2d');
    context?.drawImage(canvas, 0, 0);
    const { data } = context?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    const counts = new Map<number, number>();
    for (let at = 0; at < data.length; at += 4) {
      if ((data[at + 3] ?? 0) < 250) continue;
      const colour = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    return [...counts.values()].filter((count) => count > 150).length;
  });
}
