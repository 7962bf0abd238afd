/**
 * Measures streams of messages through gateways: one host and three members, each behind a gateway process of its own, fed and read by this
 * program through the client. The clock is one and the same. A raw data channel of the same library is measured in the same run.
 * Prints progress, and figures as one JSON object in its last line.
 */
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { Channel } from '@murmuration/shared/node/ports.ts';
import { type InstanceAnswer, MurmurationClient } from '../../client/murmuration-client.ts';
import { NodeClock } from '../../src/node-clock.ts';
import { generateNodeIdentity } from '../../src/node-crypto.ts';
import { openDataChannelTransport } from '../../src/node-rtc/node-transport.ts';

const MEMBERS = 3;
const BIND = '127.0.0.1';
/** The thesis' benchmark (4.2): 14.68 datagrams a second, 0.917 MB/s. */
const THESIS_BYTES = 65_000;
const THESIS_PER_SECOND = 14.68;
const FEED_SECONDS = 6;
const ARRIVED_WITHIN_MS = 20_000;
const RAW_SECONDS = 2;
const RAW_HIGH_WATER_BYTES = 128 * 1024;
const MESSAGE_BYTES_MAX = 262_144;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Outcome {
  readonly lossRatio: number;
  readonly messagesPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
}

/** What the members heard of the messages that are fed now. */
class Round {
  readonly #fedAtMs: number[] = [];
  readonly #latenciesMs: number[] = [];
  #lastAtMs = 0;

  fed(): number {
    return this.#fedAtMs.push(performance.now()) - 1;
  }

  heard(message: Buffer): void {
    const fedAtMs = this.#fedAtMs[message.readUInt32BE(0)];
    if (fedAtMs === undefined) return;
    this.#lastAtMs = performance.now();
    this.#latenciesMs.push(this.#lastAtMs - fedAtMs);
  }

  get complete(): boolean {
    return this.#latenciesMs.length >= this.#fedAtMs.length * MEMBERS;
  }

  outcome(bytes: number): Outcome {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b);
    const at = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
    const seconds = (this.#lastAtMs - (this.#fedAtMs[0] ?? 0)) / 1_000;
    const messagesPerSecond = sorted.length / MEMBERS / seconds;
    return {
      lossRatio: 1 - sorted.length / (this.#fedAtMs.length * MEMBERS),
      messagesPerSecond,
      megabytesPerSecond: (messagesPerSecond * bytes) / 1e6,
      latencyP50Ms: at(0.5),
      latencyP99Ms: at(0.99),
    };
  }
}

let round = new Round();

/** @param perSecond undefined: as fast as the client takes them */
async function feed(
  client: MurmurationClient,
  host: InstanceAnswer,
  bytes: number,
  perSecond: number | undefined,
): Promise<Outcome> {
  round = new Round();
  const beganAtMs = performance.now();
  const message = Buffer.alloc(bytes);
  for (let count = 0; performance.now() - beganAtMs < FEED_SECONDS * 1_000; count++) {
    if (perSecond !== undefined)
      await sleep(Math.max(0, beganAtMs + (count * 1_000) / perSecond - performance.now()));
    message.writeUInt32BE(round.fed());
    await client.feedData(host.InstanceID, Buffer.from(message));
    // Else nothing that comes in would be heard before all is fed.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const untilMs = performance.now() + ARRIVED_WITHIN_MS;
  while (!round.complete && performance.now() < untilMs) await sleep(10);
  return round.outcome(bytes);
}

/** Megabytes a second over one data channel, 16 KiB each, with the back-pressure that a link has. */
async function rawGoodput(): Promise<number> {
  const open = () =>
    openDataChannelTransport({ clock: new NodeClock(), crypto: generateNodeIdentity(), bindAddress: BIND });
  const [near, far] = [await open(), await open()];
  const link = 1 as LinkId;
  const quiet = {
    incoming: () => undefined,
    signal: () => {},
    received: () => {},
    drained: () => {},
    closed: () => {},
  };
  let accepted = false;
  let bytes = 0;
  const opened = new Promise<void>((resolve) => {
    near.transport.attach({
      ...quiet,
      opened: () => resolve(),
      signal: (_link, payload) => {
        if (accepted) far.transport.signal(link, payload);
        else far.transport.accept(link, '' as PeerId, payload);
        accepted = true;
      },
    });
    far.transport.attach({
      ...quiet,
      opened: () => {},
      signal: (_link, payload) => near.transport.signal(link, payload),
      received: (_link, _channel, packet) => {
        bytes += packet.length;
      },
    });
  });
  near.transport.dial(link, { kind: 'peer', peer: '' as PeerId });
  await opened;
  const packet = new Uint8Array(16 * 1024);
  const fromMs = performance.now();
  while (performance.now() - fromMs < RAW_SECONDS * 1_000) {
    while (near.transport.bufferedBytes(link, Channel.control) < RAW_HIGH_WATER_BYTES)
      near.transport.send(link, Channel.control, packet);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const megabytesPerSecond = bytes / 1e3 / (performance.now() - fromMs);
  await Promise.all([near.release(), far.release()]);
  return megabytesPerSecond;
}

/** One host and its members, through UDP ports or through WebSockets. */
async function stream(
  clients: readonly MurmurationClient[],
  tracker: string,
  bytesMax: number,
  webSocket: boolean,
) {
  const [first, ...others] = clients as [MurmurationClient, ...MurmurationClient[]];
  const host = await first.host([tracker], bytesMax, { webSocket });
  for (const other of others) {
    const member = await other.join([tracker], host.ResourceID, (message) => round.heard(message), {
      webSocket,
    });
    if (!member.Success) throw new Error('a member found no stream');
  }
  return host;
}

const clients = Array.from({ length: 1 + MEMBERS }, () => new MurmurationClient());
try {
  await Promise.all(clients.map((client) => client.init({ bind: BIND })));
  const [first] = clients as [MurmurationClient];
  const tracker = `${BIND}:${(await first.hostSuper()).TCPServerPort}`;
  console.log('one host and three members, 65,000 bytes at the thesis’ pace, through UDP ports …');
  const paced = await feed(
    first,
    await stream(clients, tracker, THESIS_BYTES, false),
    THESIS_BYTES,
    THESIS_PER_SECOND,
  );
  const fast = await stream(clients, tracker, MESSAGE_BYTES_MAX, true);
  const rates: Record<string, number> = {};
  for (const [name, bytes] of [
    ['flatOut65kB', THESIS_BYTES],
    ['flatOut1kB', 1_000],
    ['flatOut256kB', MESSAGE_BYTES_MAX],
  ] as const) {
    console.log(`as fast as it goes, ${bytes} bytes, through WebSockets …`);
    const outcome = await feed(first, fast, bytes, undefined);
    for (const [key, value] of Object.entries(outcome))
      rates[`${name}${key[0]?.toUpperCase()}${key.slice(1)}`] = value;
  }
  console.log('a raw data channel …');
  const rawMegabytesPerSecond = await rawGoodput();
  const goodputRatio = (rates.flatOut65kBMegabytesPerSecond ?? 0) / rawMegabytesPerSecond;
  console.log(JSON.stringify({ ...paced, goodputRatio, rawMegabytesPerSecond, ...rates }));
} finally {
  await Promise.all(clients.map((client) => client.deinit()));
}
