// What goes wrong on a viewer's side, provoked, and the words that say what happened and what to do. Wrong links are in pages.spec.ts, and
// members that none can be reached of in mesh.spec.ts.

import { pageFolder } from '../support/built-pages.ts';
import { seesPictures } from '../support/expect-pictures.ts';
import { openTab } from '../support/peer-page.ts';
import { serveFolder } from '../support/static-server.ts';
import { expect, test } from '../support/swarm.ts';
import { ViewerPage } from '../support/viewer-page.ts';

/** Of a stream that nobody carries. */
const FRAGMENT = `#/watch/${'Nobody'.repeat(4)}AAA`;

test('what a browser lacks is called by its name', async ({ swarm }) => {
  const link = `${swarm.supernode.url}/${FRAGMENT}`;
  for (const [without, words] of [
    [['RTCPeerConnection'], 'WebRTC is switched off in this browser'],
    [['VideoDecoder', 'MediaSource', 'ManagedMediaSource'], 'Use a current Chrome'],
  ] as const) {
    const viewer = await ViewerPage.open(swarm.browser, link, { without });
    await expect(viewer.page.getByRole('alert')).toContainText(words);
    await expect(viewer.page.getByRole('button', { name: 'Try again' })).toBeVisible();
    await viewer.close();
  }
});

test('a player whose decoder cannot be loaded', async ({ swarm }) => {
  const host = await swarm.host();
  const viewer = await swarm.viewer(host.link, {
    prepare: async (page) => {
      await page.route('**/picture.worker*', (route) => route.abort());
    },
  });
  await expect(viewer.page.getByRole('alert')).toContainText(
    'A part of the player could not be loaded. Check your connection and reload the page.',
  );
  await viewer.page.unroute('**/picture.worker*');
  await viewer.page.reload();
  await seesPictures(viewer, 10);
});

test('plain http from another computer says which address is needed instead', async ({ swarm }) => {
  const page = await openTab(swarm.browser);
  await page.route('http://barn.example/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: `${swarm.supernode.url}${pathname}` }) });
  });
  await page.goto(`http://barn.example/${FRAGMENT}`);
  await expect(page.getByRole('alert')).toContainText('this one came over plain http. Open it over https');
  await page.context().close();
});

test('a supernode that does not answer', async ({ browser }) => {
  // The page is there, and nothing that speaks to it.
  const server = await serveFolder(pageFolder);
  const viewer = await ViewerPage.open(browser, `${server.url}/index.html${FRAGMENT}`);
  await expect(viewer.page.getByRole('alert')).toContainText(
    'The supernode does not answer. Check your connection',
  );
  await viewer.close();
  server.close();
});

test('a host that goes and comes back is waited for, with the same link', async ({ swarm }) => {
  const host = await swarm.host();
  const viewer = await swarm.viewer(host.link);
  await seesPictures(viewer, 10);
  await host.page.getByRole('button', { name: 'End stream' }).click();
  await expect(viewer.page.getByRole('alert')).toContainText(
    /The host has been silent since .* Keep this page open/,
  );
  await expect(viewer.page.getByRole('button', { name: 'To the live edge' })).toBeVisible();
  await host.page.getByRole('button', { name: 'Go live' }).click();
  await seesPictures(viewer, 10);
  await expect(viewer.page.getByRole('alert')).toBeEmpty();
  await expect(viewer.page.getByRole('button', { name: 'Live', exact: true })).toBeVisible();
  expect(swarm.complaints).toEqual([]);
});

test('a viewer is told what watching together means, and what is kept of the choice', async ({ swarm }) => {
  const host = await swarm.host();
  const viewer = await swarm.viewer(host.link, { without: ['indexedDB'], metered: true });
  const { page } = viewer;
  const notice = page.getByRole('region', { name: 'Watching together' });
  await expect(notice).toContainText('your neighbours in this stream see your network address');
  await expect(notice, 'metered').toContainText('to nobody yet');
  await seesPictures(viewer, 5);
  await expect(page.getByText('This connection is metered', { exact: false })).toBeVisible();
  await expect(page.getByText('This browser keeps no settings', { exact: false })).toBeVisible();
  await page.getByLabel('Pass on over metered connections, too').check();
  await expect(page.getByText('This connection is metered', { exact: false })).toBeHidden();
  await page.getByLabel('Upload for that, in Mbit/s at most').fill('0.5');
  await expect(page.getByText(/that is at most \d+% of a copy/)).toBeVisible();
  await notice.getByRole('button', { name: 'Watch only' }).click();
  await expect(notice).toBeHidden();
  await expect(page.getByText('You pass nothing on.')).toBeVisible();
  await expect(page.getByLabel('Watch only, pass nothing on')).toBeChecked();
  expect(swarm.complaints).toEqual([]);
});
