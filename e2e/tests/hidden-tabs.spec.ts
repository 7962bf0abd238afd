// A tab behind another one, in a browser that slows such tabs down. Playwright keeps all its pages in front, so that tab is Puppeteer's.

import puppeteer from 'puppeteer-core';
import { chromiumFlags, chromiumPermissions, findOrInstallChromium } from '../support/chromium.ts';
import { expect, test } from '../support/swarm.ts';

/** What keeps pages in the background at their pace everywhere else in these tests. */
const KEEPING_PACE = [
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];
const HIDDEN_MS = 10_000;
/** Of 30 a second, on a busy machine. */
const PICTURES_LEAST = (HIDDEN_MS / 1_000) * 20;

test('a stream goes on through a tab that nobody sees, in a browser that slows such tabs down', async ({
  swarm,
}) => {
  const host = await swarm.host({ slots: 1 });
  const browser = await puppeteer.launch({
    executablePath: findOrInstallChromium(),
    headless: true,
    ignoreDefaultArgs: KEEPING_PACE,
    args: chromiumFlags.filter((flag) => !KEEPING_PACE.includes(flag)),
  });
  try {
    const { origin } = new URL(swarm.supernode.url);
    await browser
      .defaultBrowserContext()
      .overridePermissions(origin, chromiumPermissions as ['microphone', 'camera']);
    const relay = await browser.newPage();
    await relay.goto(`${host.link}?slots=3`);
    const served = () => relay.$eval('main', (main) => main.textContent);
    // The host's only copy goes to it: whoever comes after it can only be fed by it.
    await expect.poll(served, { timeout: 30_000 }).toContain('Pictures painted');
    await expect.poll(async () => (await host.figures()).get('Copies sent')?.text).toBe('1');
    const viewer = await swarm.viewer(host.link, { slots: 0 });
    await expect.poll(() => viewer.painted()).toBeGreaterThan(30);

    const inFront = await browser.newPage();
    await inFront.bringToFront();
    await expect.poll(() => relay.evaluate(() => document.visibilityState)).toBe('hidden');
    const before = await viewer.painted();
    await viewer.page.waitForTimeout(HIDDEN_MS);
    expect((await viewer.painted()) - before).toBeGreaterThan(PICTURES_LEAST);
    const { parents, depth } = await viewer.place();
    expect(parents).toHaveLength(1);
    expect(depth).toBe(2);
    // It could not have been fed by a tab whose own timers were at their pace.
    const slowedMs = await relay.evaluate(async () => {
      const startedAt = performance.now();
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 100));
      return performance.now() - startedAt;
    });
    expect(slowedMs).toBeGreaterThan(1_500);
  } finally {
    await browser.close();
  }
});
