// Screenshots of all pages with a small live swarm behind them, and of the monitor in front of a simulated network: `pnpm screenshots
// [folder] [--readme] [--monitor]`. Wide and on a phone, light and dark, into the folder (default: a new one below the system's for temporary files).
// With `--readme` also those that the README shows, which are kept in e2e/screenshots; with `--monitor` the monitor alone.

import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { buildPages } from './built-pages.ts';
import { chromiumFlags, findOrInstallChromium } from './chromium.ts';
import { crowdFlags, startCrowd } from './crowd.ts';
import { HostPage } from './host-page.ts';
import { openTab } from './peer-page.ts';
import { startSupernode } from './supernode.ts';
import { ViewerPage } from './viewer-page.ts';

const sizes = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const TITLE = 'Evening flight over the pier';
/** Viewers in the order in which they come, by how many others they serve: the later ones have to go below others. */
const SLOTS_OF_VIEWERS = [1, 1, 3, 3, 3];
/** Long enough for the figures to be those of a stream that runs. */
const RUN_MS = 12_000;
/** Of comings and goings in the simulated network, for plots that have something to show. */
const CROWD_MS = 75_000;
const readmeFolder = join(import.meta.dirname, '../screenshots');

const asked = process.argv.slice(2);
const forReadme = asked.includes('--readme');
const monitorAlone = asked.includes('--monitor');
const [folder = mkdtempSync(join(tmpdir(), 'murmuration-'))] = asked.filter((word) => !word.startsWith('--'));
mkdirSync(folder, { recursive: true });
buildPages();
const supernode = await startSupernode();
const crowded = await startSupernode({ flags: crowdFlags() });
const browser = await chromium.launch({ executablePath: findOrInstallChromium(), args: chromiumFlags });
try {
  const crowd = await startCrowd(crowded.url, { churn: 4 });
  const readyAtMs = performance.now() + CROWD_MS;
  if (!monitorAlone) await takeAll(browser, supernode.url);
  await takeMonitor(browser, crowded.url, crowd.streams[2]?.host ?? '', readyAtMs);
  await crowd.stop();
} finally {
  await browser.close();
  await supernode.stop();
  await crowded.stop();
}
console.log(`Screenshots are in ${folder}${forReadme ? ` and ${readmeFolder}` : ''}`);

async function takeAll(browser: Browser, origin: string): Promise<void> {
  const home = await openTab(browser, { viewport: sizes.wide });
  await home.goto(origin);
  await home.getByRole('heading', { name: 'Murmuration' }).waitFor();
  await take(home, 'home');
  await home.goto(`${origin}/#/host`);
  await home.getByRole('button', { name: 'Go live', disabled: false }).waitFor();
  await take(home, 'host-before');
  await home.context().close();

  const host = await HostPage.goLive(browser, origin, { title: TITLE, slots: 2, viewport: sizes.wide });
  const viewers: ViewerPage[] = [];
  for (const slots of SLOTS_OF_VIEWERS) {
    const viewer = await ViewerPage.open(browser, host.link, { slots, viewport: sizes.wide });
    await viewer.page.getByRole('button', { name: 'Tap for sound' }).click();
    viewers.push(viewer);
  }
  await host.page.waitForTimeout(RUN_MS);
  const shown = await relayBelowAnother(viewers);
  if (forReadme) {
    await host.page.screenshot({ path: join(readmeFolder, 'host.png'), fullPage: true });
    await shown.page.screenshot({ path: join(readmeFolder, 'watch.png'), fullPage: true });
  }
  await host.page.getByRole('button', { name: 'QR code' }).click();
  await host.page.getByRole('img', { name: 'QR code' }).waitFor();
  await take(host.page, 'host-live');
  await take(shown.page, 'watch-live');
}

/** As it opens, and with one node chosen. */
async function takeMonitor(browser: Browser, origin: string, host: string, readyAtMs: number): Promise<void> {
  const page = await openTab(browser, { viewport: sizes.wide });
  await page.goto(`${origin}/monitor`);
  await page.locator('.network-box[data-placed]').waitFor();
  await page.waitForTimeout(Math.max(0, readyAtMs - performance.now()));
  if (forReadme) await page.screenshot({ path: join(readmeFolder, 'monitor.png'), fullPage: true });
  await take(page, 'monitor');
  await page.getByLabel('Find a node').fill(host);
  await page.keyboard.press('Enter');
  await page.getByText('The same as tables').click();
  await page.waitForTimeout(1_000);
  await take(page, 'monitor-node');
  await page.context().close();
}

/** The viewer that shows most: one that takes from a viewer and gives to another, or else one that does either. */
async function relayBelowAnother(viewers: readonly ViewerPage[]): Promise<ViewerPage> {
  let best = { viewer: viewers[0]!, score: -1 };
  for (const viewer of viewers) {
    const { depth, children } = await viewer.place();
    const score = (depth > 1 ? 2 : 0) + (children.length > 0 ? 1 : 0);
    if (score > best.score) best = { viewer, score };
  }
  return best.viewer;
}

/** The whole page, in all sizes and both schemes. */
async function take(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.setViewportSize(sizes.wide);
  await page.emulateMedia({ colorScheme: null });
}
