// A bare data channel between two pages, without any of the product: what a hop costs at the least, and what it carries at the most.

import type { Browser, Page } from 'playwright';
import { openTab } from '../support/peer-page.ts';
import { type Arrivals, bytesPerSecond } from './statistics.ts';

const PING_BYTES = 1_024;
/** The largest packet that the product sends, too. */
const PACKET_BYTES = 16 * 1_024;
/** As the product does. Much more in a fresh channel’s buffer makes Chromium drop bursts and stand still for seconds. */
const HIGH_WATER_BYTES = 64 * 1_024;

declare global {
  var rawConnection: RTCPeerConnection | undefined;
  var rawChannel: RTCDataChannel | undefined;
  var rawArrivals: Arrivals | undefined;
}

export class RawChannel {
  readonly #near: Page;
  readonly #far: Page;

  private constructor(near: Page, far: Page) {
    this.#near = near;
    this.#far = far;
  }

  /** @param origin any page of it will do */
  static async open(
    browser: Browser,
    origin: string,
    options: Pick<RTCDataChannelInit, 'ordered' | 'maxPacketLifeTime'> = {},
  ): Promise<RawChannel> {
    const [near, far] = [await blankPage(browser, origin), await blankPage(browser, origin)];
    const offer = await near.evaluate(offerChannel, options);
    const answer = await far.evaluate(answerChannel, { offer, options, pingBytes: PING_BYTES });
    await near.evaluate(openChannel, answer);
    return new RawChannel(near, far);
  }

  /** Round trips of 1 KiB in ms, one ping at a time. */
  roundTrips(count: number, pauseMs: number): Promise<number[]> {
    return this.#near.evaluate(pingOver, { count, pauseMs, bytes: PING_BYTES });
  }

  /** Bytes a second with the channel kept full for a while. */
  async goodput(forMs: number): Promise<number> {
    await this.#near.evaluate(fill, { forMs, bytes: PACKET_BYTES, highWaterBytes: HIGH_WATER_BYTES });
    return bytesPerSecond(await this.#far.evaluate(takeArrivals));
  }

  async close(): Promise<void> {
    await this.#near.context().close();
    await this.#far.context().close();
  }
}

async function blankPage(browser: Browser, origin: string): Promise<Page> {
  const page = await openTab(browser);
  await page.goto(`${origin}/health`);
  return page;
}

// Those below run in pages and refer to nothing outside themselves.

async function offerChannel(options: RTCDataChannelInit): Promise<string> {
  const connection = new RTCPeerConnection({ iceServers: [] });
  globalThis.rawConnection = connection;
  globalThis.rawChannel = connection.createDataChannel('raw', { ...options, negotiated: true, id: 1 });
  await connection.setLocalDescription();
  await new Promise<void>((resolve) => {
    connection.addEventListener('icecandidate', ({ candidate }) => candidate ?? resolve());
  });
  return connection.localDescription?.sdp ?? '';
}

/** Sends pings back, and counts everything else. */
async function answerChannel(given: {
  offer: string;
  options: RTCDataChannelInit;
  pingBytes: number;
}): Promise<string> {
  const connection = new RTCPeerConnection({ iceServers: [] });
  globalThis.rawConnection = connection;
  const channel = connection.createDataChannel('raw', { ...given.options, negotiated: true, id: 1 });
  channel.binaryType = 'arraybuffer';
  channel.addEventListener('message', ({ data }) => {
    if (data.byteLength === given.pingBytes) {
      channel.send(data);
      return;
    }
    const atMs = performance.now();
    globalThis.rawArrivals ??= { bytes: 0, firstBytes: data.byteLength, firstMs: atMs, lastMs: atMs };
    globalThis.rawArrivals.bytes += data.byteLength;
    globalThis.rawArrivals.lastMs = atMs;
  });
  await connection.setRemoteDescription({ type: 'offer', sdp: given.offer });
  await connection.setLocalDescription();
  await new Promise<void>((resolve) => {
    connection.addEventListener('icecandidate', ({ candidate }) => candidate ?? resolve());
  });
  return connection.localDescription?.sdp ?? '';
}

async function openChannel(answer: string): Promise<void> {
  const { rawConnection: connection, rawChannel: channel } = globalThis;
  if (!connection || !channel) throw new Error('no offer was made here');
  const open = new Promise((resolve) => channel.addEventListener('open', resolve));
  await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  await open;
}

async function pingOver(options: { count: number; pauseMs: number; bytes: number }): Promise<number[]> {
  const { rawChannel: channel } = globalThis;
  if (!channel) throw new Error('no channel is open here');
  const trips: number[] = [];
  for (let i = 0; i < options.count; i++) {
    const back = new Promise((resolve) => channel.addEventListener('message', resolve, { once: true }));
    const sentMs = performance.now();
    channel.send(new Uint8Array(options.bytes));
    await back;
    trips.push(performance.now() - sentMs);
    await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
  }
  return trips;
}

/** Resolves when the time is up and all has left the channel's buffer. */
async function fill(options: { forMs: number; bytes: number; highWaterBytes: number }): Promise<void> {
  const { rawChannel: channel } = globalThis;
  if (!channel) throw new Error('no channel is open here');
  channel.bufferedAmountLowThreshold = options.highWaterBytes / 2;
  const packet = new Uint8Array(options.bytes);
  const untilMs = performance.now() + options.forMs;
  while (performance.now() < untilMs) {
    const low = new Promise((resolve) =>
      channel.addEventListener('bufferedamountlow', resolve, { once: true }),
    );
    while (channel.bufferedAmount + packet.length <= options.highWaterBytes) channel.send(packet);
    await low;
  }
  while (channel.bufferedAmount > 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

function takeArrivals(): Arrivals | undefined {
  const arrivals = globalThis.rawArrivals;
  globalThis.rawArrivals = undefined;
  return arrivals;
}
