/**
 * A program of its own: a host, its viewers and a supernode in one process, each the whole node with its gate, real signatures and
 * Node's ports, over a transport in memory. The host publishes frames at a steady pace. The last line is one JSON object: what that
 * cost. `--profile cpu` or `--profile allocations` says before it where that went (ARCHITECTURE.md, “Where the time of a frame goes”).
 *
 * Its counterpart is `e2e/bench/gossipsub-swarm.ts`, with the same options; `pnpm bench relay` runs both.
 */
import { parseArgs } from 'node:util';
import { concatBytes } from '@murmuration/shared/lib/bytes.ts';
import { streamIdFromBytes } from '@murmuration/shared/lib/ids.ts';
import { PeerDriver } from '@murmuration/shared/node/peer-driver.ts';
import type { Ports } from '@murmuration/shared/node/ports.ts';
import { defaultPeerSettings, HOST_LINKS_TARGET } from '@murmuration/shared/node/settings.ts';
import { SupernodeDriver } from '@murmuration/shared/node/supernode-driver.ts';
import { NodeClock } from '../src/node-clock.ts';
import { generatePeerIdentity } from '../src/node-crypto.ts';
import { NodeRandom } from '../src/node-random.ts';
import { MemoryNetwork, MemoryTransport } from './memory-transport.ts';
import { ProfileKind, type Shares, startProfile } from './profile.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '17' },
    seconds: { type: 'string', default: '10' },
    'frame-bytes': { type: 'string', default: '2605' },
    'frames-per-message': { type: 'string', default: '4' },
    'messages-per-second': { type: 'string', default: '30' },
    profile: { type: 'string' },
  },
});
const nodeCount = Number(values.nodes);
const seconds = Number(values.seconds);
const frameBytes = Number(values['frame-bytes']);
const framesPerMessage = Number(values['frames-per-message']);
const messagesPerSecond = Number(values['messages-per-second']);
const messageEveryMs = 1_000 / messagesPerSecond;

const profileKind = Object.values(ProfileKind).find((kind) => kind === values.profile);
if (profileKind === undefined && values.profile !== undefined) {
  console.error(`--profile takes ${Object.values(ProfileKind).join(' or ')}, not “${values.profile}”.`);
  process.exit(2);
}

const SUPERNODE = 'ws://memory/link';
/** A key message a second, as a live source has. */
const KEY_EVERY = Math.round(messagesPerSecond);
/** Until the trees have their shape, while messages already flow. */
const SETTLE_MS = 10_000;
/** Frames under way when the time is up still count. */
const DRAIN_MS = 1_000;
const SHARES_SHOWN = 40;

const network = new MemoryNetwork();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const newPorts = (url?: string): Ports => ({
  transport: new MemoryTransport(network, url),
  clock: new NodeClock(),
  random: new NodeRandom(),
  crypto: generatePeerIdentity(),
});

async function goLive(): Promise<PeerDriver> {
  const ports = newPorts();
  const host = new PeerDriver(ports, {
    ...defaultPeerSettings,
    role: 'host',
    supernodes: [SUPERNODE],
    stream: undefined,
    linksTarget: HOST_LINKS_TARGET,
    frameBytes,
  });
  const nonce = await new Promise<Uint8Array>((resolve) => {
    host.start((event) => {
      if (event.type === 'nonce-proposed') resolve(event.nonce);
    });
  });
  const { crypto, clock } = ports;
  const stream = streamIdFromBytes(await crypto.sha256(concatBytes(crypto.publicKey, nonce)));
  const bitsPerSecond = frameBytes * framesPerMessage * messagesPerSecond * 8;
  host.goLive({ stream, nonce, epoch: Math.floor(clock.now()), title: 'Benchmark', bitsPerSecond });
  return host;
}

/** Messages begin with their number, a u32. Counted is what viewers are given from this number on. */
let countedFrom = Number.POSITIVE_INFINITY;
let delivered = 0;
let published = 0;

function join(host: PeerDriver): PeerDriver {
  const stream = host.snapshot()?.stream;
  const settings = {
    ...defaultPeerSettings,
    role: 'viewer' as const,
    supernodes: [SUPERNODE],
    stream,
    frameBytes,
  };
  const viewer = new PeerDriver(newPorts(), settings);
  viewer.start((event) => {
    if (event.type !== 'message') return;
    const number = new DataView(event.bytes.buffer, event.bytes.byteOffset).getUint32(0);
    if (number >= countedFrom) delivered++;
  });
  return viewer;
}

async function publishFor(host: PeerDriver, ms: number): Promise<number> {
  const startMs = performance.now();
  const messages = Math.round(ms / messageEveryMs);
  for (let i = 0; i < messages; i++) {
    await sleep(Math.max(0, startMs + i * messageEveryMs - performance.now()));
    const message = new Uint8Array(frameBytes * framesPerMessage);
    new DataView(message.buffer).setUint32(0, published);
    host.publish(message, published++ % KEY_EVERY === 0);
  }
  return messages;
}

interface Totals {
  readonly cpu: NodeJS.CpuUsage;
  readonly payloadIn: number;
  readonly payloadUseful: number;
  readonly bytesIn: number;
}

function totals(viewers: readonly PeerDriver[]): Totals {
  const nodes = viewers.flatMap((viewer) => viewer.snapshot() ?? []);
  const sum = (of: (node: (typeof nodes)[number]) => number | undefined): number =>
    nodes.reduce((total, node) => total + (of(node) ?? 0), 0);
  return {
    cpu: process.cpuUsage(),
    payloadIn: sum(({ relay }) => relay?.payloadBytesIn),
    payloadUseful: sum(({ relay }) => relay?.payloadBytesUseful),
    bytesIn: sum(({ bytesIn }) => bytesIn),
  };
}

/** Per delivered frame, as far down as it matters. */
function printShares(shares: Shares, unit: string): void {
  const total = shares.reduce((sum, [, amount]) => sum + amount, 0);
  for (const [room, amount] of [['in all', total] as const, ...shares].slice(0, SHARES_SHOWN)) {
    console.log(`${(amount / frames).toFixed(1).padStart(10)} ${unit}   ${room}`);
  }
}

await new SupernodeDriver(newPorts(SUPERNODE)).start(() => {});
const host = await goLive();
const viewers: PeerDriver[] = [];
for (let number = 1; number < nodeCount; number++) viewers.push(join(host));
await publishFor(host, SETTLE_MS);

const stopProfile = profileKind && (await startProfile(profileKind));
countedFrom = published;
const before = totals(viewers);
const messages = await publishFor(host, seconds * 1_000);
await sleep(DRAIN_MS);
const after = totals(viewers);
const frames = delivered * framesPerMessage;
const cpuMicros = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;
if (stopProfile) printShares(await stopProfile(), profileKind === ProfileKind.cpu ? 'µs' : 'bytes');
console.log(
  JSON.stringify({
    redundancy: (after.payloadIn - before.payloadIn) / (after.payloadUseful - before.payloadUseful),
    bytesPerFrame: (after.bytesIn - before.bytesIn) / frames,
    cpuMicrosPerFrame: cpuMicros / frames,
    deliveredRatio: frames / (messages * framesPerMessage * viewers.length),
  }),
);
process.exit(0);
