// The round trip of a bare data channel between two pages, without any of the product: what a hop costs at the least.

import type { Browser, Page } from 'playwright';
import { openTab } from '../support/peer-page.ts';

const PING_BYTES = 1_024;

/**
 * Round trips in ms, one ping at a time.
 *
 * @param origin any page of it will do
 * @param pauseMs between two pings
 */
export async function rawRoundTrips(
  browser: Browser,
  origin: string,
  count: number,
  pauseMs: number,
): Promise<number[]> {
  const [near, far] = [await blankPage(browser, origin), await blankPage(browser, origin)];
  try {
    const offer = await near.evaluate(offerChannel);
    const answer = await far.evaluate(answerChannel, offer);
    return await near.evaluate(pingOver, { answer, count, pauseMs, bytes: PING_BYTES });
  } finally {
    await near.context().close();
    await far.context().close();
  }
}

async function blankPage(browser: Browser, origin: string): Promise<Page> {
  const page = await openTab(browser);
  await page.goto(`${origin}/health`);
  return page;
}

declare global {
  var rawConnection: RTCPeerConnection | undefined;
  var rawChannel: RTCDataChannel | undefined;
}

// The three below run in pages and refer to nothing outside themselves.

async function offerChannel(): Promise<string> {
  const connection = new RTCPeerConnection({ iceServers: [] });
  globalThis.rawConnection = connection;
  globalThis.rawChannel = connection.createDataChannel('ping', { negotiated: true, id: 1 });
  await connection.setLocalDescription();
  await new Promise<void>((resolve) => {
    connection.addEventListener('icecandidate', ({ candidate }) => candidate ?? resolve());
  });
  return connection.localDescription?.sdp ?? '';
}

async function answerChannel(sdp: string): Promise<string> {
  const connection = new RTCPeerConnection({ iceServers: [] });
  globalThis.rawConnection = connection;
  const channel = connection.createDataChannel('ping', { negotiated: true, id: 1 });
  channel.binaryType = 'arraybuffer';
  channel.addEventListener('message', ({ data }) => channel.send(data));
  await connection.setRemoteDescription({ type: 'offer', sdp });
  await connection.setLocalDescription();
  await new Promise<void>((resolve) => {
    connection.addEventListener('icecandidate', ({ candidate }) => candidate ?? resolve());
  });
  return connection.localDescription?.sdp ?? '';
}

async function pingOver(options: {
  answer: string;
  count: number;
  pauseMs: number;
  bytes: number;
}): Promise<number[]> {
  const { rawConnection: connection, rawChannel: channel } = globalThis;
  if (!connection || !channel) throw new Error('no offer was made here');
  const open = new Promise((resolve) => channel.addEventListener('open', resolve));
  await connection.setRemoteDescription({ type: 'answer', sdp: options.answer });
  await open;
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
