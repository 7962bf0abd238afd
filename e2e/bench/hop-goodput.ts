// What one hop carries at the most: from a host's page through frames, signatures, transport, gate and relay to a viewer's, beside a
// bare data channel between two pages of the same browser, in turns.
//
// Both are kept full in the same way: packets of 16 KiB, at most 64 KiB in a channel's buffer. The host publishes messages of one
// frame each and stays at most 16 frames ahead of what its channel has taken; those are being hashed and signed. Counted are payload
// bytes of messages that the viewer's application was given, over the time from the first to the last of them.

import type { Browser } from 'playwright';
import { type DeliveredMessage, LoadPage, troublesOf } from '../support/load-page.ts';
import type { Supernode } from '../support/supernode.ts';
import { RawChannel } from './raw-channel.ts';
import type { Progress } from './report.ts';
import { bytesPerSecond, sleep } from './statistics.ts';

/** The most that fits into a packet of 16 KiB beside its header and signature. */
const FRAME_BYTES = 16 * 1_024 - 128;
const FRAMES_AHEAD = 16;
const ROUND_MS = 2_000;
const PAUSE_MS = 500;
/** As the product's own channel for frames. */
const AS_FRAMES = { ordered: false, maxPacketLifeTime: 500 };

/** Megabytes a second, one value for each round; the values of a round were taken one after the other. */
export interface HopGoodput {
  readonly stack: readonly number[];
  /** Reliable and ordered: what a data channel does best. */
  readonly raw: readonly number[];
  /** Unordered, each packet given up after 500 ms, like the channel that the stack uses. */
  readonly rawAsFrames: readonly number[];
  /** The same, with each packet hashed and signed, hashed and checked: what a stack that did nothing else would carry. */
  readonly rawSealed: readonly number[];
  /** What a healthy run has none of, in words. */
  readonly troubles: readonly string[];
}

/** @param origin serves the test pages */
export async function measureHop(
  browser: Browser,
  origin: string,
  supernode: Supernode,
  rounds: number,
  progress: Progress,
): Promise<HopGoodput> {
  const supernodes = [supernode.socketUrl];
  const options = { supernodes, frameBytes: FRAME_BYTES };
  const host = await LoadPage.goLive(browser, origin, { ...options, bitsPerSecond: 100_000_000 });
  const viewer = await LoadPage.watch(browser, origin, { ...options, stream: host.stream });
  const raw = await RawChannel.open(browser, supernode.url);
  const rawAsFrames = await RawChannel.open(browser, supernode.url, AS_FRAMES);
  const rawSealed = await RawChannel.open(browser, supernode.url, AS_FRAMES);
  await rawSealed.seal();

  const ways = {
    stack: async () => {
      await host.publishFlatOut({ forMs: ROUND_MS, framesAhead: FRAMES_AHEAD });
      await sleep(PAUSE_MS);
      return throughput(await viewer.takeDelivered());
    },
    raw: () => raw.goodput(ROUND_MS),
    rawAsFrames: () => rawAsFrames.goodput(ROUND_MS),
    rawSealed: () => rawSealed.goodput(ROUND_MS),
  };
  const names = Object.keys(ways) as (keyof typeof ways)[];
  const goodput: Record<keyof typeof ways, number[]> = { stack: [], raw: [], rawAsFrames: [], rawSealed: [] };
  // The first round warms up; the order turns round each time, so that a drift of the machine hits all alike.
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const megabytesPerSecond = (await ways[name]()) / 1e6;
      if (round > 0) goodput[name].push(megabytesPerSecond);
      await sleep(PAUSE_MS);
    }
    const last = (name: keyof typeof ways) => `${name} ${(goodput[name].at(-1) ?? Number.NaN).toFixed(1)}`;
    if (round > 0) progress(`  round ${round} of ${rounds}: ${names.map(last).join(', ')} MB/s`);
  }
  const troubles = await troublesOf([host, viewer]);
  for (const page of [host, viewer, raw, rawAsFrames, rawSealed]) await page.close();
  return { ...goodput, troubles };
}

function throughput(messages: readonly DeliveredMessage[]): number {
  const [first] = messages;
  return bytesPerSecond(
    first && {
      bytes: messages.reduce((sum, { bytes }) => sum + bytes, 0),
      firstBytes: first.bytes,
      firstMs: first.atMs,
      lastMs: messages.at(-1)?.atMs ?? first.atMs,
    },
  );
}
