// A swarm of real pages under a steady stream: one host, the viewers join one after the other, then it is left alone and watched.
//
// Delays are from publishing at the host to the message in the hands of a viewer's application, with the offsets of the pages' clocks
// subtracted. A message that a viewer was never given counts as infinitely late. CPU is that of all processes of the browser: the
// host's page, the network service and the browser itself are in it.

import type { Browser } from 'playwright';
import { LoadPage, troublesOf } from '../support/load-page.ts';
import type { Supernode } from '../support/supernode.ts';
import { clockOffset } from './clock-offset.ts';
import { ProcessorTime } from './processor-time.ts';
import { BITS_PER_SECOND, FRAME_BYTES, MESSAGE_BYTES, MESSAGES_PER_SECOND } from './relay-traffic.ts';
import type { Progress } from './report.ts';
import { sleep } from './statistics.ts';

/** Until the trees have their shape. */
const SETTLE_MS = 15_000;
/** Messages under way when the time is up still count. */
const DRAIN_MS = 2_000;

export interface PageSwarm {
  readonly delaysMs: readonly number[];
  readonly deliveredRatio: number;
  /** Payload bytes that viewers received ÷ those that were new to them. */
  readonly redundancy: number;
  /** Payload bytes that the host sent ÷ those that it published. */
  readonly hostUploadMean: number;
  /** Of the viewer that gave most, in the same unit. */
  readonly viewerUploadMax: number;
  readonly cpuPerViewerSecond: number;
  readonly depthMax: number;
  /** What a healthy run has none of, in words. */
  readonly troubles: readonly string[];
}

/** @param origin serves the test pages */
export async function measureSwarm(
  browser: Browser,
  origin: string,
  supernode: Supernode,
  size: { readonly viewers: number; readonly seconds: number },
  progress: Progress,
): Promise<PageSwarm> {
  const options = { supernodes: [supernode.socketUrl], frameBytes: FRAME_BYTES };
  const host = await LoadPage.goLive(browser, origin, { ...options, bitsPerSecond: BITS_PER_SECOND });
  const viewers: LoadPage[] = [];
  while (viewers.length < size.viewers) {
    viewers.push(await LoadPage.watch(browser, origin, { ...options, stream: host.stream }));
  }
  const hostMs = await clockOffset(host.page);
  const offsetsMs: number[] = [];
  for (const { page } of viewers) offsetsMs.push((await clockOffset(page)) - hostMs);
  await host.publishSteadily({ messageBytes: MESSAGE_BYTES, perSecond: MESSAGES_PER_SECOND });
  await sleep(SETTLE_MS);

  progress(`  measuring for ${size.seconds} s …`);
  const processorTime = await ProcessorTime.from(browser);
  const look = async () => ({
    cpuSeconds: await processorTime.look(),
    host: await host.figures(),
    viewers: await Promise.all(viewers.map((viewer) => viewer.figures())),
  });
  const before = await look();
  await sleep(size.seconds * 1_000);
  const after = await look();
  await sleep(DRAIN_MS);

  const delaysMs: number[] = [];
  const [from, to] = [before.host.messagesPublished, after.host.messagesPublished];
  for (const [i, viewer] of viewers.entries()) {
    for (const { number, publishedMs, atMs } of await viewer.takeDelivered()) {
      if (number >= from && number < to) delaysMs.push(atMs - publishedMs - (offsetsMs[i] ?? 0));
    }
  }
  const troubles = await troublesOf([...viewers, host]);
  for (const page of [...viewers, host]) await page.close();

  const grown = (key: 'payloadIn' | 'payloadUseful' | 'payloadOut'): number[] =>
    after.viewers.map((figures, i) => figures[key] - (before.viewers[i]?.[key] ?? 0));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const streamBytes = after.host.payloadPublished - before.host.payloadPublished;
  const due = (to - from) * viewers.length;
  const deliveredRatio = delaysMs.length / due;
  while (delaysMs.length < due) delaysMs.push(Number.POSITIVE_INFINITY);
  return {
    delaysMs,
    deliveredRatio,
    redundancy: sum(grown('payloadIn')) / sum(grown('payloadUseful')),
    hostUploadMean: (after.host.payloadOut - before.host.payloadOut) / streamBytes,
    viewerUploadMax: Math.max(...grown('payloadOut')) / streamBytes,
    cpuPerViewerSecond:
      (after.cpuSeconds - before.cpuSeconds) /
      (viewers.length * (streamBytes / (MESSAGE_BYTES * MESSAGES_PER_SECOND))),
    depthMax: Math.max(...after.viewers.map(({ depth }) => depth ?? Number.NaN)),
    troubles,
  };
}
