// The network monitor in front of 2,000 people and 10,000 links, two of whom come and go each second: is it smooth while a hand moves
// it? Frames are counted in the page, between animation frames; beside it an empty page that is dragged over in the same way.

import { type Browser, chromium, type Page } from 'playwright';
import { buildPages } from '../support/built-pages.ts';
import { chromiumFlags, findOrInstallChromium } from '../support/chromium.ts';
import { crowdFlags, startCrowd } from '../support/crowd.ts';
import { startSupernode } from '../support/supernode.ts';
import type { Benchmark, Progress } from './report.ts';
import { median, percentile, rounded, sleep } from './statistics.ts';

const FRAME_P95_MS_MAX = 33;
/** For the first picture to come to rest, and some live changes. */
const SETTLE_MS = 5_000;
const MOVES = 240;
const SWEEP_PX = 180;

export const monitor: Benchmark = {
  summary: 'the network monitor while its picture is moved: 2,000 nodes, 10,000 links, software rendering',
  options: [
    { name: 'nodes', usual: 2_000, least: 10, most: 10_000, meaning: 'people in the network' },
    { name: 'links', usual: 10_000, least: 10, most: 90_000, meaning: 'links between them' },
    { name: 'seed', usual: 1, least: 0, most: 1_000_000, meaning: 'who is linked with whom' },
  ],
  run: async (progress, { nodes = 2_000, links = 10_000, seed = 1 }) => {
    buildPages();
    const supernode = await startSupernode({ flags: crowdFlags() });
    const crowd = await startCrowd(supernode.url, { nodes, links, seed, churn: 2 });
    const browser = await chromium.launch({ executablePath: findOrInstallChromium(), args: chromiumFlags });
    try {
      const figures = await measure(browser, supernode.url, progress);
      const row = (what: string, key: string, unit = ' ms') => ({ what, values: [`${figures[key]}${unit}`] });
      return {
        title: `A network of ${nodes} people and ${links} links, moved by hand at 1280 × 800`,
        columns: ['figure'],
        rows: [
          row('from navigation to the picture', 'pictureAfterMs'),
          row('frames while it is moved, p50', 'panFrameP50Ms'),
          row('the same, p95', 'panFrameP95Ms'),
          row('the same, p99', 'panFrameP99Ms'),
          row('an empty page, dragged over in the same way, p95', 'emptyFrameP95Ms'),
          row('bytes of the feed until the picture is there', 'feedKilobytes', ' kB'),
        ],
        remarks: [
          'Everything runs on this machine: supernode, network and browser, which draws without a graphics card.',
        ],
        figures,
        targets: [{ key: 'panFrameP95Ms', most: FRAME_P95_MS_MAX }],
      };
    } finally {
      await browser.close();
      await crowd.stop();
      await supernode.stop();
    }
  },
};

async function measure(browser: Browser, url: string, progress: Progress): Promise<Record<string, number>> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  let feedBytes = 0;
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      feedBytes += payload.length;
    }),
  );
  progress('opening the monitor …');
  const fromMs = performance.now();
  await page.goto(`${url}/monitor`);
  await page.locator('.network-box[data-placed]').waitFor();
  const pictureAfterMs = performance.now() - fromMs;
  const feedKilobytes = feedBytes / 1_000;
  await sleep(SETTLE_MS);
  progress('moving the picture …');
  const box = await page.locator('.network-box').boundingBox();
  const frames = await framesWhileDragged(page, { x: (box?.x ?? 0) + 350, y: (box?.y ?? 0) + 200 });
  await page.close();

  progress('the same over an empty page …');
  const empty = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const emptyFrames = await framesWhileDragged(empty, { x: 400, y: 300 });
  await empty.close();
  return {
    frames: frames.length,
    panFrameP50Ms: rounded(median(frames)),
    panFrameP95Ms: rounded(percentile(frames, 95)),
    panFrameP99Ms: rounded(percentile(frames, 99)),
    emptyFrameP50Ms: rounded(median(emptyFrames)),
    emptyFrameP95Ms: rounded(percentile(emptyFrames, 95)),
    pictureAfterMs: rounded(pictureAfterMs, 0),
    feedKilobytes: rounded(feedKilobytes),
  };
}

/** Milliseconds between animation frames while a pointer that is down goes to and fro. */
async function framesWhileDragged(page: Page, from: { x: number; y: number }): Promise<number[]> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.evaluate(() => {
    const frames: number[] = [];
    let before = performance.now();
    const count = (): void => {
      const now = performance.now();
      frames.push(now - before);
      before = now;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
    Object.assign(globalThis, { frames });
  });
  for (let move = 0; move < MOVES; move++) {
    const angle = (move / MOVES) * 6 * Math.PI;
    await page.mouse.move(from.x + Math.sin(angle) * SWEEP_PX, from.y + Math.sin(angle / 2) * (SWEEP_PX / 3));
  }
  await page.mouse.up();
  return page.evaluate(() => (globalThis as unknown as { frames: number[] }).frames.slice(1));
}
