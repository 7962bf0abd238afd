// Firefox and Chromium in one stream: host in either, viewers in both. Left out where there is no Firefox.

import { examplesFolder } from '../support/built-pages.ts';
import {
  expectHonestPictures,
  expectMovingPixels,
  expectTrueColours,
  seesPictures,
} from '../support/expect-pictures.ts';
import { FirefoxHost, FirefoxViewer, findOrInstallFirefox, launchFirefox } from '../support/firefox.ts';
import { serveFolder } from '../support/static-server.ts';
import { expect, test } from '../support/swarm.ts';

const PICTURES = 30;
/** Firefox alone takes some seconds to start on a busy machine. */
const WHOLE_STORY_WITHIN_MS = 180_000;
const INSTALLED_WITHIN_MS = 600_000;

let path: string | undefined;

test.beforeAll(() => {
  test.setTimeout(INSTALLED_WITHIN_MS);
  path = findOrInstallFirefox();
});

test('a stream goes from Firefox to Chromium and Firefox, and from Chromium to Firefox', async ({
  swarm,
}) => {
  test.setTimeout(WHOLE_STORY_WITHIN_MS);
  test.skip(!path, 'There is no Firefox here: install firefox-esr, or set FIREFOX_PATH.');
  const firefox = await launchFirefox(path ?? '');
  try {
    const host = await FirefoxHost.goLive(firefox, swarm.supernode.url);
    const inFirefox = await FirefoxViewer.open(firefox, host.link);
    const inChromium = await swarm.viewer(host.link);
    await test.step('the host is Firefox', async () => {
      for (const viewer of [inFirefox, inChromium]) {
        await seesPictures(viewer, PICTURES);
        await expectMovingPixels(viewer);
      }
      await inFirefox.unmute();
      await inChromium.page.getByRole('button', { name: 'Tap for sound' }).click();
      await expect.poll(async () => (await inChromium.sound()).audible).toBeGreaterThan(2);
      expect(await inFirefox.words()).toContain('Frames confirmed');
      await expectHonestPictures([inFirefox, inChromium]);
      for (const viewer of [inFirefox, inChromium]) await expectTrueColours(viewer);
    });
    await inFirefox.page.close();
    await host.page.close();

    await test.step('the host is Chromium', async () => {
      const other = await swarm.host();
      const viewer = await FirefoxViewer.open(firefox, other.link);
      await seesPictures(viewer, PICTURES);
      await expectMovingPixels(viewer);
      await expectHonestPictures([viewer]);
      await expectTrueColours(viewer);
      expect([...viewer.complaints, ...host.complaints]).toEqual([]);
      await viewer.page.close();

      // The same stream in the web component, on a plain page of another origin.
      const site = await serveFolder(examplesFolder, {
        'http://localhost:8080/#/watch/abcdefghijklmnopqrstuvwxy_A': other.link,
        'http://localhost:8080': swarm.supernode.url,
      });
      const embedded = await FirefoxViewer.openElsewhere(firefox, `${site.url}/embed.html`);
      await seesPictures(embedded, PICTURES);
      await expectMovingPixels(embedded);
      await expectTrueColours(embedded);
      expect(await embedded.words()).toContain('playing');
      expect(embedded.complaints).toEqual([]);
      await embedded.page.close();
      site.close();
    });

    await test.step('the host is an application in Firefox, with a canvas of its own', async () => {
      const site = await serveFolder(examplesFolder, { 'http://localhost:8080': swarm.supernode.url });
      const other = await FirefoxHost.goLiveElsewhere(firefox, `${site.url}/host.html`);
      const viewer = await swarm.viewer(other.link);
      await seesPictures(viewer, PICTURES);
      await expectMovingPixels(viewer);
      expect(other.complaints).toEqual([]);
      site.close();
    });
    expect(swarm.complaints).toEqual([]);
  } finally {
    await firefox.close();
  }
});
