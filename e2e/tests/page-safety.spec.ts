// What the pages refuse: scripts from anywhere but their own files, more weight than they need, and words that want to be more than words.

import type { Page } from 'playwright';
import { testPagesFolder } from '../support/built-pages.ts';
import { seesPictures } from '../support/expect-pictures.ts';
import { hostileWords, watchOverWords } from '../support/hostile-words.ts';
import { LoadPage } from '../support/load-page.ts';
import { openTab, PeerPage } from '../support/peer-page.ts';
import { serveFolder } from '../support/static-server.ts';
import { expect, test } from '../support/swarm.ts';
import { ViewerPage } from '../support/viewer-page.ts';

/** Compressed, all files together. The code that captures and reads media is 115 kB, that of the monitor 40. */
const FIRST_PAGE_BYTES_MAX = 20_000;
const WATCH_PAGE_BYTES_MAX = 150_000;
const TITLE_EVERY_MS = 10;

test('every page keeps to a policy without inline scripts, and loads no more than it needs', async ({
  swarm,
}) => {
  const { url } = swarm.supernode;
  const start = new PeerPage(await openTab(swarm.browser));
  const answer = await start.page.goto(url);
  const policy = answer?.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain('unsafe');
  await expect(start.page.getByRole('heading', { name: 'Murmuration' })).toBeVisible();
  expect(await loadedBytes(start.page)).toBeLessThan(FIRST_PAGE_BYTES_MAX);
  await start.page.goto(`${url}/monitor`);
  await start.page.locator('.network-box[data-placed]').waitFor();

  const host = await swarm.host();
  await host.page.getByRole('button', { name: 'QR code' }).click();
  await expect(host.page.getByRole('img', { name: 'QR code of the link to watch' })).toBeVisible();
  const viewer = await swarm.viewer(host.link);
  await seesPictures(viewer, 5);
  expect(await loadedBytes(viewer.page)).toBeLessThan(WATCH_PAGE_BYTES_MAX);
  // Of the two ways to play, this one needs a blob.
  const fallback = await swarm.viewer(host.link, { without: ['VideoDecoder'] });
  await seesPictures(fallback, 5);
  const ofPolicy = (complaints: readonly string[]) =>
    complaints.filter((words) => words.includes('Content Security Policy'));
  expect(ofPolicy([...start.complaints, ...swarm.complaints])).toEqual([]);

  await start.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.struck = true';
    document.body.append(script);
  });
  expect(await start.page.evaluate(() => 'struck' in globalThis)).toBe(false);
  await expect.poll(() => ofPolicy(start.complaints), 'a breach is seen').toHaveLength(1);
  await start.close();
});

test('500 hostile titles and names stay words', async ({ swarm }) => {
  const { url, socketUrl } = swarm.supernode;
  expect(new Set(hostileWords).size).toBe(500);

  // As titles of somebody else's stream: a host of its own, which goes live again and again.
  const server = await serveFolder(testPagesFolder);
  const stranger = await LoadPage.goLive(swarm.browser, server.url, {
    supernodes: [socketUrl],
    bitsPerSecond: 1_000_000,
  });
  let watched: Awaited<ReturnType<typeof watchOverWords>> | undefined;
  const prepare = async (page: Page) => {
    watched = await watchOverWords(page);
  };
  const viewer = await ViewerPage.open(swarm.browser, `${url}/#/watch/${stranger.stream}`, { prepare });
  await expect(viewer.page.getByRole('heading', { name: 'Load' })).toBeVisible();
  await expect(async () => {
    const shown = await viewer.page.evaluate(() => [...(globalThis.wordsInHeadings ?? [])]);
    const left = hostileWords.filter((_, i) => !shown.includes(i));
    await stranger.retitle(left, TITLE_EVERY_MS);
    expect(left).toEqual([]);
  }).toPass();
  expect(await viewer.page.title()).toMatch(/ 499/);
  expect(await watched?.harmDone()).toEqual([]);
  await viewer.close();
  await stranger.close();
  server.close();

  // In addresses, and typed or pasted into every field.
  const tab = await openTab(swarm.browser);
  const { harmDone } = await watchOverWords(tab);
  await tab.goto(url);
  await followAddresses(tab);
  await tab.goto(`${url}/#/`);
  await typeAll(tab, 'Link or stream id', true);
  await expect(tab.getByRole('alert')).toContainText('neither a link');
  await tab.goto(`${url}/monitor`);
  await typeAll(tab, 'Find a node', true);
  expect(await harmDone()).toEqual([]);
  await tab.context().close();

  // As the title of one's own stream.
  const host = await swarm.host({ prepare, title: hostileWords[2] ?? '' });
  await expect(host.page.getByRole('heading', { level: 1 })).toHaveText(hostileWords[2] ?? '');
  await host.page.getByRole('button', { name: 'End stream' }).click();
  await typeAll(host.page, 'Title', false);
  expect(await watched?.harmDone()).toEqual([]);
});

/** Compressed bytes of all files that a page has loaded, itself included. */
function loadedBytes(page: Page): Promise<number> {
  return page.evaluate(() =>
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce(
      (bytes, entry) => bytes + (entry as PerformanceResourceTiming).encodedBodySize,
      0,
    ),
  );
}

async function followAddresses(page: Page): Promise<void> {
  await page.evaluate(async (all) => {
    for (const words of all) {
      for (const place of ['#/', '#/watch/']) {
        const arrived = new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
        location.hash = `${place}${words}`;
        await arrived;
      }
    }
  }, hostileWords);
}

/** One after the other into the field with this label; `sent` with the Enter key. */
async function typeAll(page: Page, label: string, sent: boolean): Promise<void> {
  await page.getByLabel(label).evaluate(
    async (field: HTMLInputElement, { all, sent }) => {
      for (const words of all) {
        field.value = words;
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
        if (sent) field.form?.requestSubmit();
        await new Promise((resolve) => setTimeout(resolve));
      }
    },
    { all: hostileWords, sent },
  );
}
