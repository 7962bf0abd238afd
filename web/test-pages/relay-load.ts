/**
 * A host or a viewer as people run it, with real ports, but without media: the host publishes messages of any size at a pace, the
 * viewer counts and times what it is given. A benchmark drives the page through {@link relayLoad}, a global.
 *
 *   message  u32 number · f64 when it was published, unix ms by the host's clock · zeros; 12 bytes at least
 */
import { parseStreamId } from '@murmuration/shared/lib/ids.ts';
import type { NodeEvent } from '@murmuration/shared/node/events.ts';
import { HostBeacons } from '@murmuration/shared/node/host-beacons.ts';
import { openHostStream } from '@murmuration/shared/node/host-stream.ts';
import { PeerDriver } from '@murmuration/shared/node/peer-driver.ts';
import type { Crypto } from '@murmuration/shared/node/ports.ts';
import { defaultPeerSettings, HOST_LINKS_TARGET } from '@murmuration/shared/node/settings.ts';
import { PageClock } from '../src/platform/page-clock.ts';
import { PageRandom } from '../src/platform/page-random.ts';
import { createEphemeralIdentity } from '../src/platform/web-crypto.ts';
import { PageTransport } from '../src/rtc/page-transport.ts';
import { SendingWatch } from './sending-watch.ts';

interface NodeOptions {
  /** WebSocket URLs of supernodes. */
  readonly supernodes: readonly string[];
  /** Payload bytes of a frame at most; left out: as people have it. */
  readonly frameBytes?: number;
}

interface LoadedNode {
  readonly driver: PeerDriver;
  readonly sending: SendingWatch;
  readonly frameBytes: number;
}

interface Delivered {
  readonly number: number;
  readonly publishedMs: number;
  readonly atMs: number;
  readonly bytes: number;
}

const STAMP_AT = 4;

const clock = new PageClock();
let node: LoadedNode | undefined;
/** Told in the beacons of this host in place of the stream's title. */
let title: string | undefined;
let bitsPerSecond = 0;
let published = 0;
let payloadPublished = 0;
let framesPublished = 0;
let delivered: Delivered[] = [];
const troubles: Record<string, number> = {};
let stopPublishing = (): void => {};

const { next } = HostBeacons.prototype;
HostBeacons.prototype.next = function (now) {
  const beacon = next.call(this, now);
  return { ...beacon, title: title ?? beacon.title };
};

async function newNode(
  { supernodes, frameBytes = defaultPeerSettings.frameBytes }: NodeOptions,
  role: 'host' | 'viewer',
  stream?: string,
): Promise<LoadedNode & { readonly crypto: Crypto }> {
  const crypto = await createEphemeralIdentity();
  const sending = new SendingWatch(new PageTransport({ clock, crypto }));
  const ports = { transport: sending, clock, crypto, random: new PageRandom() };
  const driver = new PeerDriver(ports, {
    ...defaultPeerSettings,
    role,
    supernodes,
    stream: parseStreamId(stream ?? ''),
    frameBytes,
    ...(role === 'host' ? { linksTarget: HOST_LINKS_TARGET } : {}),
  });
  addEventListener('pagehide', () => driver.stop());
  node = { driver, sending, frameBytes };
  return { ...node, crypto };
}

/** Storage that forgets: every page is a new host. */
function passingStorage() {
  const kept = new Map<string, unknown>();
  return {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: unknown) => void kept.set(key, value),
  };
}

function publish({ driver, frameBytes }: LoadedNode, message: Uint8Array<ArrayBuffer>, key: boolean): void {
  const view = new DataView(message.buffer);
  view.setUint32(0, published++);
  view.setFloat64(STAMP_AT, clock.now());
  driver.publish(message, key);
  payloadPublished += message.length;
  framesPublished += Math.max(1, Math.ceil(message.length / frameBytes));
}

function receive(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  delivered.push({
    number: view.getUint32(0),
    publishedMs: view.getFloat64(STAMP_AT),
    atMs: clock.now(),
    bytes: bytes.length,
  });
}

/** Counts what a healthy run has none of. */
function note(event: NodeEvent): void {
  if (event.type === 'gap') count('gap');
  else if (event.type === 'link-closed') count(`link closed: ${event.reason}`);
  else if (event.type === 'peer-cut') count(`peer cut: ${event.offence}`);
}

function count(trouble: string): void {
  troubles[trouble] = (troubles[trouble] ?? 0) + 1;
}

function started(): LoadedNode {
  if (!node) throw new Error('neither goLive nor watch was called');
  return node;
}

const relayLoad = {
  /** Answers the stream's id. */
  async goLive(options: NodeOptions & { readonly bitsPerSecond: number }): Promise<string> {
    const { driver, crypto } = await newNode(options, 'host');
    const nonce = await new Promise<Uint8Array>((resolve) => {
      driver.start((event) => {
        if (event.type === 'nonce-proposed') resolve(event.nonce);
        else note(event);
      });
    });
    const opened = await openHostStream(crypto, passingStorage(), clock.now(), nonce);
    bitsPerSecond = options.bitsPerSecond;
    driver.goLive({ ...opened, title: 'Load', bitsPerSecond });
    return opened.stream;
  },

  /** Viewers hear of another title at once, which no host of ours offers: that of a broadcast never changes. */
  retitle(another: string): void {
    title = another;
    // Another bitrate is what a beacon is sent for without delay.
    bitsPerSecond++;
    started().driver.setBitrate(bitsPerSecond);
  },

  async watch(options: NodeOptions & { readonly stream: string }): Promise<void> {
    const { driver } = await newNode(options, 'viewer', options.stream);
    driver.start((event) => {
      if (event.type === 'message') receive(event.bytes);
      else note(event);
    });
  },

  /** From now on, messages at a steady pace; one a second is a key message. Replaces what was published before. */
  publishSteadily(options: { readonly messageBytes: number; readonly perSecond: number }): void {
    stopPublishing();
    const host = started();
    const message = new Uint8Array(options.messageBytes);
    const startMs = clock.now();
    let count = 0;
    const next = (): void => {
      publish(host, message, count % Math.round(options.perSecond) === 0);
      stopPublishing = clock.schedule(startMs + (++count * 1_000) / options.perSecond, next);
    };
    next();
  },

  stopPublishing(): void {
    stopPublishing();
  },

  /**
   * For `forMs`, as many messages of one frame each as go out.
   *
   * @param framesAhead published at most beyond what a channel has taken; keep it small, as a channel's own buffer
   */
  async publishFlatOut(options: { readonly forMs: number; readonly framesAhead: number }): Promise<void> {
    const host = started();
    const message = new Uint8Array(host.frameBytes);
    const pump = (): void => {
      while (framesPublished - host.sending.nextSeq < options.framesAhead) publish(host, message, true);
    };
    host.sending.onProgress = pump;
    pump();
    await new Promise<void>((resolve) => clock.schedule(clock.now() + options.forMs, resolve));
    host.sending.onProgress = () => {};
  },

  /** What this viewer was given since the last time. */
  takeDelivered(): Delivered[] {
    const taken = delivered;
    delivered = [];
    return taken;
  },

  /** Counters since the start; undefined before the node runs. */
  figures() {
    const snapshot = node?.driver.snapshot();
    if (!snapshot) return undefined;
    const { relay, links, bytesOut } = snapshot;
    return {
      messagesPublished: published,
      payloadPublished,
      payloadIn: relay?.payloadBytesIn ?? 0,
      payloadUseful: relay?.payloadBytesUseful ?? 0,
      payloadOut: relay?.payloadBytesOut ?? 0,
      framesPulled: relay?.framesPulled ?? 0,
      framesSkipped: relay?.framesSkipped ?? 0,
      bytesOut,
      troubles,
      depth: relay?.depth,
      /** Trees of the stream in which it has a parent. */
      stripesFed: links.reduce((sum, { parentOf }) => sum + parentOf.length, 0),
      stripes: relay?.stripes ?? 0,
    };
  },
};

Object.assign(globalThis, { relayLoad });
