// Glass to glass over one hop with Firefox at one end and Chromium at the other, and how soon a newcomer in Firefox sees something.
// As in glass.ts, but that Firefox rounds its clock to whole ms. Left out where there is no Firefox.

import type { Browser } from 'playwright';
import type { Browser as Firefox } from 'puppeteer-core';
import { FirefoxHost, FirefoxViewer, findOrInstallFirefox, launchFirefox } from '../support/firefox.ts';
import { HostPage } from '../support/host-page.ts';
import type { ProbeReading } from '../support/picture-probe.ts';
import { ViewerPage } from '../support/viewer-page.ts';
import { type AskedPage, clockOffset } from './clock-offset.ts';
import { type Hop, hopOf, PLAYOUT_DELAY_MS, SAMPLING_MS, SETTLE_MS } from './glass-hop.ts';
import { JOIN_PAUSE_MS, JoinedStream, PICTURE_WITHIN_MS } from './joined-stream.ts';
import type { Progress } from './report.ts';
import { sleep } from './statistics.ts';

const JOINS = 10;
const LOOK_EVERY_MS = 50;

export interface FirefoxGlass {
  /** From a host in Chromium. */
  readonly viewer: Hop;
  /** To a viewer in Chromium. */
  readonly host: Hop;
  /** From navigation to first picture, ms. */
  readonly joinsMs: readonly number[];
}

/** A page that shows a stream, in either browser. */
interface Watching {
  readonly page: AskedPage;
  probe(): Promise<ProbeReading>;
  resetProbe(): Promise<void>;
}

/** Undefined where there is no Firefox. */
export async function measureFirefox(
  chromium: Browser,
  origin: string,
  progress: Progress,
): Promise<FirefoxGlass | undefined> {
  const path = findOrInstallFirefox();
  if (path === undefined) return undefined;
  const firefox = await launchFirefox(path);
  try {
    const host = await measureHost(firefox, chromium, origin, progress);
    const viewer = await measureViewer(firefox, chromium, origin, progress);
    const joinsMs = await measureJoins(firefox, chromium, origin, progress);
    return { host, viewer, joinsMs };
  } finally {
    await firefox.close();
  }
}

async function measureHost(
  firefox: Firefox,
  chromium: Browser,
  origin: string,
  progress: Progress,
): Promise<Hop> {
  progress('Measuring glass to glass from Firefox …');
  const host = await FirefoxHost.goLive(firefox, origin);
  const viewer = await ViewerPage.open(chromium, host.link, { delayMaxMs: PLAYOUT_DELAY_MS });
  const hop = await sample(host.page, viewer);
  await viewer.close();
  await host.page.close();
  return hop;
}

async function measureViewer(
  firefox: Firefox,
  chromium: Browser,
  origin: string,
  progress: Progress,
): Promise<Hop> {
  progress('Measuring glass to glass to Firefox …');
  const host = await HostPage.goLive(chromium, origin, { title: 'To Firefox', slots: 1 });
  const viewer = await FirefoxViewer.open(firefox, host.link, { delayMaxMs: PLAYOUT_DELAY_MS });
  const hop = await sample(host.page, viewer);
  await viewer.page.close();
  await host.close();
  return hop;
}

async function sample(host: AskedPage, viewer: Watching): Promise<Hop> {
  await firstPicture(viewer);
  await sleep(SETTLE_MS);
  const offsetMs = (await clockOffset(viewer.page)) - (await clockOffset(host));
  await viewer.resetProbe();
  await sleep(SAMPLING_MS);
  return hopOf(await viewer.probe(), offsetMs);
}

/** Waits for it; ms after navigation. */
async function firstPicture(viewer: Watching): Promise<number> {
  for (let waitedMs = 0; waitedMs < PICTURE_WITHIN_MS; waitedMs += LOOK_EVERY_MS) {
    const { firstPictureMs } = await viewer.probe();
    if (firstPictureMs !== undefined) return firstPictureMs;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`No picture within ${PICTURE_WITHIN_MS / 1_000} s.`);
}

async function measureJoins(
  firefox: Firefox,
  chromium: Browser,
  origin: string,
  progress: Progress,
): Promise<number[]> {
  progress(`Measuring navigation to first picture in Firefox, ${JOINS} times …`);
  const stream = await JoinedStream.open(chromium, origin);
  const tookMs: number[] = [];
  for (let i = 0; i < JOINS; i++) {
    const viewer = await FirefoxViewer.open(firefox, stream.link);
    tookMs.push(await firstPicture(viewer));
    await viewer.page.close();
    await sleep(JOIN_PAUSE_MS);
  }
  await stream.close();
  return tookMs;
}
