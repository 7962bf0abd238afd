// A bare data channel between two pages, without any of the product: what a hop costs at the least, and what it carries at the most. Its
// packets may be sealed as frames are, which tells what of a hop's cost is hashes and signatures.

import type { Browser, Page } from 'playwright';
import { openTab } from '../support/peer-page.ts';
import { type Arrivals, bytesPerSecond } from './statistics.ts';

const PING_BYTES = 1_024;
/** The largest packet that the product sends, too. */
const PACKET_BYTES = 16 * 1_024;
/** As the product does. Much more in a fresh channel’s buffer makes Chromium drop bursts and stand still for seconds. */
const HIGH_WATER_BYTES = 64 * 1_024;

/** A signature, at the beginning of a sealed packet. */
const SEAL_BYTES = 64;
/** Packets that are being hashed and signed at most, as of the frames that a host is ahead of its channel. */
const SEALING_MAX = 16;

declare global {
  var rawConnection: RTCPeerConnection | undefined;
  var rawChannel: RTCDataChannel | undefined;
  var rawArrivals: Arrivals | undefined;
  var rawSealKeys: CryptoKeyPair | undefined;
  /** Set: each packet ends with a signature by it. */
  var rawSealKey: CryptoKey | undefined;
}

export class RawChannel {
  readonly #near: Page;
  readonly #far: Page;
  #sealed = false;

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
    const answer = await far.evaluate(answerChannel, {
      offer,
      options,
      pingBytes: PING_BYTES,
      sealBytes: SEAL_BYTES,
    });
    await near.evaluate(openChannel, answer);
    return new RawChannel(near, far);
  }

  /** Round trips of 1 KiB in ms, one ping at a time. */
  roundTrips(count: number, pauseMs: number): Promise<number[]> {
    return this.#near.evaluate(pingOver, { count, pauseMs, bytes: PING_BYTES });
  }

  /** From now on what fills the channel is hashed and signed at this end and hashed and checked at the other, as frames are. */
  async seal(): Promise<void> {
    await this.#far.evaluate(expectSeals, await this.#near.evaluate(makeSealKeys));
    this.#sealed = true;
  }

  /** Bytes a second with the channel kept full for a while. */
  async goodput(forMs: number): Promise<number> {
    const load = { forMs, bytes: PACKET_BYTES, highWaterBytes: HIGH_WATER_BYTES };
    if (this.#sealed)
      await this.#near.evaluate(fillSealed, {
        ...load,
        sealBytes: SEAL_BYTES,
        sealingMax: SEALING_MAX,
      });
    else await this.#near.evaluate(fill, load);
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
  sealBytes: number;
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
    const { rawSealKey } = globalThis;
    if (rawSealKey) void checkSeal(rawSealKey, data).then((valid) => valid && count(data));
    else count(data);
  });
  const count = ({ byteLength }: ArrayBuffer): void => {
    const atMs = performance.now();
    globalThis.rawArrivals ??= { bytes: 0, firstBytes: byteLength, firstMs: atMs, lastMs: atMs };
    globalThis.rawArrivals.bytes += byteLength;
    globalThis.rawArrivals.lastMs = atMs;
  };
  const checkSeal = async (key: CryptoKey, packet: ArrayBuffer): Promise<boolean> => {
    const hash = await crypto.subtle.digest('SHA-256', new Uint8Array(packet, given.sealBytes));
    return crypto.subtle.verify('Ed25519', key, new Uint8Array(packet, 0, given.sealBytes), hash);
  };
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

/** Answers the public key. */
async function makeSealKeys(): Promise<JsonWebKey> {
  const keys = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  globalThis.rawSealKeys = keys;
  return crypto.subtle.exportKey('jwk', keys.publicKey);
}

async function expectSeals(publicKey: JsonWebKey): Promise<void> {
  globalThis.rawSealKey = await crypto.subtle.importKey('jwk', publicKey, 'Ed25519', false, ['verify']);
}

/** As `fill`, with each packet hashed and signed before it goes; some are worked on at once. */
async function fillSealed(options: {
  forMs: number;
  bytes: number;
  highWaterBytes: number;
  sealBytes: number;
  sealingMax: number;
}): Promise<void> {
  const { rawChannel: channel, rawSealKeys: keys } = globalThis;
  if (!channel || !keys) throw new Error('no channel is open here, or it has no keys');
  channel.bufferedAmountLowThreshold = options.highWaterBytes / 2;
  const content = new Uint8Array(options.bytes - options.sealBytes);
  const untilMs = performance.now() + options.forMs;
  const hasRoom = (): boolean => channel.bufferedAmount + options.bytes <= options.highWaterBytes;
  const sealAndSend = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const hash = await crypto.subtle.digest('SHA-256', content);
      const signature = await crypto.subtle.sign('Ed25519', keys.privateKey, hash);
      const packet = new Uint8Array(options.bytes);
      packet.set(new Uint8Array(signature));
      packet.set(content, options.sealBytes);
      while (!hasRoom())
        await new Promise((resolve) =>
          channel.addEventListener('bufferedamountlow', resolve, { once: true }),
        );
      channel.send(packet);
    }
  };
  await Promise.all(Array.from({ length: options.sealingMax }, sealAndSend));
  while (channel.bufferedAmount > 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

function takeArrivals(): Arrivals | undefined {
  const arrivals = globalThis.rawArrivals;
  globalThis.rawArrivals = undefined;
  return arrivals;
}
