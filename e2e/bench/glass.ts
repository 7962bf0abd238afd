// Glass to glass, and how soon a newcomer sees something, in real Chromium pages on loopback.
//
// Glass to glass over one, two and three hops, all at a playout delay of 60 ms. A chain: the host serves one viewer, who serves the
// next, who serves the third; each viewer's own panel must say so, before and after. The host's test pattern carries the time of its
// painting in its pixels. Right after each painting at a viewer the canvas is read back; a sample is the time of that painting minus
// the time in the pixels, counted once per new picture. So it holds encoding, cutting, signing, the hops, checks, playout
// delay, decoding, waiting for an animation frame and drawing; it does not hold what a display adds on either end. Clocks are
// performance.timeOrigin + performance.now() of each page; their offsets from the host's are measured and subtracted. The time in
// the pixels is in whole ms, rounded down, which adds half a ms on average.
//
// A picture that comes too late to be shown is no sample. How many pictures a second were shown is printed beside, so that a good
// figure cannot come from leaving late pictures out.
//
// The raw round trip: 1 KiB over a bare data channel between two more pages, while the chain goes on.
//
// Navigation to first picture: fresh pages, one after the other, each with an empty cache and the page's usual settings, join a
// host with two viewers; from navigation start to the first painted picture that is not blank, by the page's own clock. Key
// pictures come once a second; the joins fall at all phases in between.
//
// The same with Firefox at one end, where it runs (firefox-glass.ts).

import { loadavg } from 'node:os';
import { type Browser, chromium } from 'playwright';
import { buildPages } from '../support/built-pages.ts';
import { chromiumFlags, findOrInstallChromium } from '../support/chromium.ts';
import { HostPage } from '../support/host-page.ts';
import { startSupernode } from '../support/supernode.ts';
import { ViewerPage } from '../support/viewer-page.ts';
import { clockOffset } from './clock-offset.ts';
import { type FirefoxGlass, measureFirefox } from './firefox-glass.ts';
import { type Hop, hopOf, PLAYOUT_DELAY_MS, SAMPLING_MS, SETTLE_MS } from './glass-hop.ts';
import { JOIN_PAUSE_MS, JoinedStream, seeing } from './joined-stream.ts';
import { RawChannel } from './raw-channel.ts';
import type { Benchmark, Progress, Report } from './report.ts';
import { p50AndP95, rounded, sleep } from './statistics.ts';

const HOPS = 3;
const PINGS = 200;
const PING_PAUSE_MS = 15;
const JOINS = 30;

const targets = [
  { key: 'glass1P50Ms', most: 100 },
  { key: 'glass1P95Ms', most: 150 },
  { key: 'glass3P50Ms', most: 160 },
  { key: 'glass3P95Ms', most: 250 },
  { key: 'firstPictureP50Ms', most: 1_000 },
  { key: 'firstPictureP95Ms', most: 2_000 },
];

export const glass: Benchmark = {
  summary:
    'glass to glass over 1, 2 and 3 hops, from and to Firefox, navigation to first picture, raw round trip; about 2 minutes',
  async run(progress) {
    progress('Building the page …');
    buildPages();
    const supernode = await startSupernode();
    const browser = await chromium.launch({ executablePath: findOrInstallChromium(), args: chromiumFlags });
    try {
      const chain = await measureChain(browser, supernode.url, progress);
      const joinsMs = await measureJoins(browser, supernode.url, progress);
      const firefox = await measureFirefox(browser, supernode.url, progress);
      return report(chain, joinsMs, firefox);
    } finally {
      await browser.close();
      await supernode.stop();
    }
  },
};

interface Chain {
  /** From one hop to three. */
  readonly hops: readonly Hop[];
  readonly rawMs: readonly number[];
  /** The largest offset of a viewer's clock from the host's. */
  readonly clockOffsetMs: number;
}

async function measureChain(browser: Browser, origin: string, progress: Progress): Promise<Chain> {
  progress('Building a chain of three hops …');
  const host = await HostPage.goLive(browser, origin, { title: 'Chain', slots: 1, stripes: 1 });
  const viewers: ViewerPage[] = [];
  for (let hop = 1; hop <= HOPS; hop++) {
    const options = { slots: 1, delayMaxMs: PLAYOUT_DELAY_MS };
    viewers.push(await seeing(await ViewerPage.open(browser, host.link, options)));
  }
  await sleep(SETTLE_MS);
  await requireChain(viewers);
  progress('Measuring glass to glass …');
  const offsetsMs = await clockOffsets(host, viewers);
  for (const viewer of viewers) await viewer.resetProbe();
  await sleep(SAMPLING_MS);
  const readings = await Promise.all(viewers.map((viewer) => viewer.probe()));
  await requireChain(viewers);
  const hops = readings.map((reading, i) => hopOf(reading, offsetsMs[i] ?? 0));
  progress('Measuring the raw round trip …');
  const raw = await RawChannel.open(browser, origin);
  const rawMs = await raw.roundTrips(PINGS, PING_PAUSE_MS);
  for (const page of [raw, ...viewers, host]) await page.close();
  return { hops, rawMs, clockOffsetMs: Math.max(...offsetsMs.map(Math.abs)) };
}

/** Clocks of the viewers minus the host's, in ms. */
async function clockOffsets(host: HostPage, viewers: readonly ViewerPage[]): Promise<number[]> {
  const hostMs = await clockOffset(host.page);
  const offsets: number[] = [];
  for (const { page } of viewers) offsets.push((await clockOffset(page)) - hostMs);
  return offsets;
}

/** Throws unless the first viewer is one step from the host, the second two, and so on. */
async function requireChain(viewers: readonly ViewerPage[]): Promise<void> {
  const places = await Promise.all(viewers.map((viewer) => viewer.place()));
  for (const [i, place] of places.entries()) {
    if (place.depth === i + 1) continue;
    throw new Error(`Viewer ${i + 1} should be ${i + 1} steps from the host: ${JSON.stringify(places)}`);
  }
}

/** From navigation to first picture, in ms, for each of the joins. */
async function measureJoins(browser: Browser, origin: string, progress: Progress): Promise<number[]> {
  progress(`Measuring navigation to first picture, ${JOINS} times …`);
  const stream = await JoinedStream.open(browser, origin);
  const tookMs: number[] = [];
  for (let i = 0; i < JOINS; i++) {
    const viewer = await seeing(await ViewerPage.open(browser, stream.link));
    tookMs.push((await viewer.probe()).firstPictureMs ?? Number.NaN);
    await viewer.close();
    await sleep(JOIN_PAUSE_MS);
  }
  await stream.close();
  return tookMs;
}

/** A hop's name for people and its name among the figures. */
const chainHops = [
  ['1 hop', 'glass1'],
  ['2 hops', 'glass2'],
  ['3 hops', 'glass3'],
] as const;

function report(chain: Chain, joinsMs: readonly number[], firefox: FirefoxGlass | undefined): Report {
  const { rawMs, clockOffsetMs } = chain;
  const hops: { name: string; key: string; hop: Hop }[] = chainHops.map(([name, key], i) => ({
    name,
    key,
    hop: chain.hops[i] as Hop,
  }));
  if (firefox) {
    hops.push({ name: '1 hop, to Firefox', key: 'glassToFirefox', hop: firefox.viewer });
    hops.push({ name: '1 hop, from Firefox', key: 'glassFromFirefox', hop: firefox.host });
  }
  const figures: Record<string, number> = {};
  for (const { key, hop } of hops)
    Object.assign(figures, p50AndP95(key, hop.delaysMs), {
      [`${key}Samples`]: hop.delaysMs.length,
      [`${key}PicturesPerSecond`]: rounded(hop.picturesPerSecond),
    });
  Object.assign(figures, p50AndP95('firstPicture', joinsMs), { firstPictureSamples: joinsMs.length });
  if (firefox)
    Object.assign(figures, p50AndP95('firstPictureFirefox', firefox.joinsMs), {
      firstPictureFirefoxSamples: firefox.joinsMs.length,
    });
  Object.assign(figures, p50AndP95('rawRtt', rawMs), { rawRttSamples: rawMs.length });
  figures.clockOffsetMaxMs = rounded(clockOffsetMs);
  figures.loadAverage = rounded(loadavg()[0] ?? 0);
  const row = (what: string, key: string, more = '') => ({
    what,
    values: [
      `${figures[`${key}P50Ms`]} ms`,
      `${figures[`${key}P95Ms`]} ms`,
      `${figures[`${key}Samples`]}`,
      more,
    ],
  });
  return {
    title: `Chromium${firefox ? ' and Firefox' : ''} on this machine; ${PLAYOUT_DELAY_MS} ms playout delay, 640 × 360 at 30 pictures a second`,
    columns: ['p50', 'p95', 'samples', 'pictures/s'],
    rows: [
      ...hops.map(({ name, key, hop }) =>
        row(`glass to glass, ${name}`, key, String(rounded(hop.picturesPerSecond))),
      ),
      row('navigation to first picture', 'firstPicture'),
      ...(firefox ? [row('navigation to first picture in Firefox', 'firstPictureFirefox')] : []),
      row('raw data channel, round trip', 'rawRtt'),
    ],
    remarks: [
      ...(firefox ? [] : ['There is no Firefox here: install firefox-esr, or set FIREFOX_PATH.']),
      `Clocks of the pages differed by up to ${figures.clockOffsetMaxMs} ms, which is subtracted.`,
      `Load average at the end: ${figures.loadAverage}. Above the number of cores, the figures tell of the machine.`,
    ],
    figures,
    targets,
  };
}
