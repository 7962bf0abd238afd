// The pages for people: by keyboard alone, for a screen reader, on a phone, and with links that are wrong.

import type { Page } from 'playwright';
import { expectAccessible } from '../support/accessible.ts';
import { openTab } from '../support/peer-page.ts';
import { expect, test } from '../support/swarm.ts';

const phone = { width: 360, height: 740 };

test('the keyboard alone goes live, and follows a pasted link', async ({ swarm }) => {
  const host = await openTab(swarm.browser);
  await host.goto(swarm.supernode.url);
  await expect(host.getByRole('heading', { name: 'Murmuration' })).toBeVisible();
  await tabTo(host, 'Skip to the content');
  await tabTo(host, 'Go live');
  await host.keyboard.press('Enter');
  await expect(host.getByRole('heading', { name: 'Go live' })).toBeVisible();
  await expect(host.getByRole('button', { name: 'Go live' })).toBeEnabled();
  await tabTo(host, 'Test pattern');
  await tabTo(host, 'Title');
  await host.keyboard.type('By hand');
  await tabTo(host, 'Go live');
  await host.keyboard.press('Enter');
  const copy = host.getByRole('button', { name: 'Copy link' });
  await expect(copy, 'the focus goes to what comes next').toBeFocused();
  const link = await host.getByLabel('Link to watch').inputValue();

  const viewer = await openTab(swarm.browser);
  await viewer.goto(swarm.supernode.url);
  await expect(viewer.getByRole('heading', { name: 'Murmuration' })).toBeVisible();
  await tabTo(viewer, 'Link or stream id');
  await viewer.keyboard.type(link);
  await viewer.keyboard.press('Enter');
  await expect(viewer.getByRole('heading', { name: 'By hand' })).toBeVisible();
  await tabTo(viewer, 'Tap for sound');
  await viewer.keyboard.press('Enter');
  await expect(viewer.getByRole('button', { name: 'Mute', exact: true })).toBeVisible();

  await tabTo(host, 'End stream');
  await host.keyboard.press('Enter');
  await expect(host.getByRole('button', { name: 'Go live' })).toBeVisible();
  await host.context().close();
  await viewer.context().close();
});

test('all pages are free of what axe finds, and fit a phone', async ({ swarm }) => {
  const page = await openTab(swarm.browser, { viewport: phone });
  await page.goto(swarm.supernode.url);
  await expect(page.getByRole('heading', { name: 'Murmuration' })).toBeVisible();
  await expectAccessible(page);
  await page.goto(`${swarm.supernode.url}/#/host`);
  await expect(page.getByRole('button', { name: 'Go live' })).toBeEnabled();
  await expectAccessible(page);
  await page.context().close();

  const title = 'A rather long title of a stream, as people like to give them, with oneverylongwordinit';
  const host = await swarm.host({ title, viewport: phone });
  const viewer = await swarm.viewer(host.link, { viewport: phone });
  await expect.poll(() => viewer.painted()).toBeGreaterThan(0);
  await expect(viewer.page.getByText('Pictures painted')).toBeVisible();
  await expectAccessible(host.page);
  await expectAccessible(viewer.page);
});

test('the wide pages are free of what axe finds', async ({ swarm }) => {
  const host = await swarm.host();
  const viewer = await swarm.viewer(host.link);
  await expect.poll(() => viewer.painted()).toBeGreaterThan(0);
  await expect(viewer.page.getByText('Pictures painted')).toBeVisible();
  await expectAccessible(host.page);
  await expectAccessible(viewer.page);
});

test('neighbours in the picture of the mesh can be looked at by pointer and by keyboard', async ({
  swarm,
}) => {
  const host = await swarm.host();
  const viewer = await swarm.viewer(host.link);
  const { page } = viewer;
  const option = viewer.neighbours.first();
  await expect(page.getByText('sends to me')).toBeVisible();
  const panel = page.getByRole('complementary');
  const before = await panel.boundingBox();

  await expect(option).toHaveAccessibleName(
    /^[\w-]{6}, the host, \d+ ms away; sends me the stream: [\d.]+ .?bit\/s$/,
  );
  await option.hover();
  await expect(page.getByText(/^sends me the stream: [\d.]+ .?bit\/s$/)).toBeVisible();
  await page.mouse.move(0, 0);
  await expect(page.getByText('sends to me')).toBeVisible();

  await option.focus();
  await expect(page.getByText(/^sends me the stream/)).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByText('introduces peers, carries no picture')).toBeVisible();
  await page.keyboard.press('Home');
  await expect(option).toBeFocused();
  await expect(option).toHaveAttribute('aria-selected', 'true');
  await expectAccessible(page);
  expect(await panel.boundingBox(), 'nothing was moved').toEqual(before);
});

test('the picture of the mesh rests while it is off the screen, and is up to date when it is scrolled to', async ({
  swarm,
}) => {
  const host = await swarm.host();
  const viewer = await swarm.viewer(host.link);
  const { page, neighbours } = viewer;
  await expect(neighbours).toHaveCount(2);
  await page.setViewportSize({ width: phone.width, height: 240 });
  await swarm.viewer(host.link);
  await expect(page.getByText('2 peers, 1 supernode')).toBeAttached();
  await expect(neighbours, 'nobody can see it').toHaveCount(2);
  await viewer.neighbourhood.scrollIntoViewIfNeeded();
  await expect(neighbours).toHaveCount(3);
});

test('the page can be installed', async ({ swarm }) => {
  const page = await openTab(swarm.browser);
  await page.goto(swarm.supernode.url);
  const session = await page.context().newCDPSession(page);
  const { url, errors } = await session.send('Page.getAppManifest');
  expect(url).toBe(`${swarm.supernode.url}/manifest.webmanifest`);
  expect(errors).toEqual([]);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  // Contexts of tests keep nothing, and there nothing can be installed.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
  await page.context().close();
});

test('wrong links say what is wrong and what to do', async ({ swarm }) => {
  const page = await openTab(swarm.browser);
  const { url } = swarm.supernode;
  await page.goto(`${url}/#/watch/tooshort`);
  await expect(page.getByRole('heading', { name: 'This link is damaged' })).toBeVisible();
  await expectAccessible(page);

  await page.getByLabel('Link or stream id').fill('no link at all');
  await page.getByRole('button', { name: 'Watch' }).click();
  await expect(page.getByRole('alert')).toContainText('neither a link');
  await expect(page.getByLabel('Link or stream id')).toBeFocused();

  await page.goto(`${url}/#/nowhere`);
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();

  await page.goto(`${url}/#/watch/${'Nobody'.repeat(4)}AAA`);
  await expect(page.getByText('Nobody carries this stream', { exact: false }).first()).toBeVisible();
  await page.getByRole('link', { name: 'Murmuration, start page' }).click();
  await expect(page.getByRole('heading', { name: 'Murmuration' })).toBeVisible();
  await page.context().close();
});

test('a page that is opened before the host goes live starts by itself', async ({ swarm }) => {
  // A stream's link outlives its broadcast, so the link of an ended one is at hand.
  const host = await swarm.host();
  await host.page.getByRole('button', { name: 'End stream' }).click();
  const viewer = await swarm.viewer(host.link);
  await expect(viewer.page.getByText('Nobody carries this stream', { exact: false }).first()).toBeVisible();
  await host.page.getByRole('button', { name: 'Go live' }).click();
  await expect.poll(() => viewer.painted()).toBeGreaterThan(10);
});

/** Presses Tab until the control with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  const focused = page.locator(':focus');
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab');
    if ((await focused.count()) === 0) continue;
    const called = await focused.evaluate((element) => {
      const labels = [...((element as HTMLInputElement).labels ?? [])].map((label) => label.textContent);
      return element.getAttribute('aria-label') ?? labels[0] ?? element.textContent;
    });
    if (called?.trim() === name) return;
  }
  throw new Error(`“${name}” is not reached with the Tab key.`);
}
