// A stream in somebody else's page: plain HTML from another origin, with a script tag that names a supernode.

import type { Locator, Page } from 'playwright';
import { expectAccessible } from '../support/accessible.ts';
import { examplesFolder } from '../support/built-pages.ts';
import { openTab } from '../support/peer-page.ts';
import { serveFolder } from '../support/static-server.ts';
import { expect, test } from '../support/swarm.ts';
import { readPixels } from '../support/viewer-page.ts';

/** What the example says, to be replaced by what this test has. */
const EXAMPLE = 'http://localhost:8080';
const EXAMPLE_LINK = `${EXAMPLE}/#/watch/abcdefghijklmnopqrstuvwxy_A`;
/** If any of it were read as markup, something of the page would change. */
const HOSTILE = '</bdi><img src=x onerror="document.title=\'broken\'"><b>Tea';

const picture = (page: Page): Locator => page.getByRole('img', { name: 'Live picture' });

test('a plain page of another origin shows a stream, says what it passes on, and lets go of it', async ({
  swarm,
}) => {
  const host = await swarm.host({ title: HOSTILE });
  const site = await serveFolder(examplesFolder, {
    [EXAMPLE_LINK]: host.link,
    [EXAMPLE]: swarm.supernode.url,
  });
  const page = await openTab(swarm.browser, { viewport: { width: 800, height: 900 } });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${site.url}/embed.html`);
  expect(new URL(page.url()).origin).not.toBe(swarm.supernode.url);

  await expect(page.getByRole('status').filter({ hasText: 'playing' })).toBeVisible();
  const before = await picture(page).evaluate(readPixels);
  expect(Math.max(...before) - Math.min(...before), 'the picture is not blank').toBeGreaterThan(50);
  await expect.poll(() => picture(page).evaluate(readPixels), 'the picture moves').not.toEqual(before);

  // A worker keeps its pace: it has to start although its script is of another origin.
  expect(page.workers().length).toBeGreaterThan(0);
  await expect(page.getByText('</bdi><img src=x', { exact: false })).toBeVisible();
  await expect(page).toHaveTitle('A page with a stream');
  await expect(page.getByText('see your network address', { exact: false }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Watch only' }).click();
  await expect(page.getByText('You pass nothing on.', { exact: false })).toBeVisible();
  await expectAccessible(page);

  await page.setViewportSize({ width: 360, height: 740 });
  await expectAccessible(page);
  const { width = 0, height = 0 } = (await picture(page).boundingBox()) ?? {};
  expect(width / height, 'the whole picture, as it was made').toBeCloseTo(16 / 9, 1);
  expect(width).toBeGreaterThan(320);
  for (const button of await page.locator('murmuration-player').getByRole('button').all())
    await expect(button).toBeInViewport({ ratio: 1 });

  // Keys of the page stay the page's; on the player's own buttons they count.
  await page.locator('body').press('k');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await page.getByRole('button', { name: 'Unmute' }).press('k');
  await expect(page.getByRole('status').filter({ hasText: 'paused' })).toBeVisible();

  await expect.poll(() => host.number('Viewers')).toBe(1);
  await page.locator('murmuration-player').evaluate((player) => player.remove());
  await expect.poll(() => host.number('Viewers')).toBe(0);
  expect(complaints).toEqual([]);
  await page.context().close();
  site.close();
});

test('in an embedding page a wrong link, and a supernode that does not take the page, say so', async ({
  swarm,
}) => {
  const damaged = await serveFolder(examplesFolder, {
    [EXAMPLE_LINK]: `${swarm.supernode.url}/#/watch/tooshort`,
    [EXAMPLE]: swarm.supernode.url,
  });
  const page = await openTab(swarm.browser, { viewport: { width: 800, height: 900 } });
  await page.goto(`${damaged.url}/embed.html`);
  await expect(page.getByRole('alert').filter({ hasText: 'The link is damaged' })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'error' })).toBeVisible();
  damaged.close();

  // Its script is for everybody; whose pages may use it is the operator's choice.
  const strict = await swarm.addSupernode({ flags: ['--origin', 'https://live.example.org'] });
  const refused = await serveFolder(examplesFolder, { [EXAMPLE]: strict.url });
  await page.goto(`${refused.url}/embed.html`);
  await expect(page.getByRole('alert').filter({ hasText: 'The supernode does not answer' })).toBeVisible();
  await page.context().close();
  refused.close();
});
