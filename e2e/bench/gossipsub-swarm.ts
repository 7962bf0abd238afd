// A program of its own: js-libp2p gossipsub with many nodes in this one process, of which one publishes frames at a steady pace. The
// last line is one JSON object: what that cost. Its counterpart is `supernode/bench/relay-swarm.ts`, with the same options: the
// same frames at the same moments, a transport that only hands bytes over, signatures checked by everyone, no encryption.
//
// Gossipsub's parameters are its own defaults (D = 6, a heartbeat a second, IDONTWANT, StrictSign).

import { parseArgs } from 'node:util';
import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { type Identify, identify } from '@libp2p/identify';
import { memory } from '@libp2p/memory';
import { plaintext } from '@libp2p/plaintext';
import { yamux } from '@libp2p/yamux';
import { createLibp2p, type Libp2p } from 'libp2p';
import { sleep } from './statistics.ts';

type Node = Libp2p<{ identify: Identify; pubsub: GossipSub }>;

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '17' },
    seconds: { type: 'string', default: '10' },
    'frame-bytes': { type: 'string', default: '2605' },
    'frames-per-message': { type: 'string', default: '4' },
    'messages-per-second': { type: 'string', default: '30' },
  },
});
const nodeCount = Number(values.nodes);
const seconds = Number(values.seconds);
const frameBytes = Number(values['frame-bytes']);
const framesPerMessage = Number(values['frames-per-message']);
const messageEveryMs = 1_000 / Number(values['messages-per-second']);

const TOPIC = 'stream';
/** Each node dials those that many places further on: with ten connections it has more than the 6 that gossipsub keeps in its mesh. */
const DISTANCES = [1, 2, 3, 5, 7];
/** Some heartbeats, so that the mesh has its shape. */
const SETTLE_MS = 5_000;
/** Frames under way when the time is up still count. */
const DRAIN_MS = 1_000;

/** Gossipsub's own counters, summed over all nodes, by name. What is not read here is counted all the same: that is all it does. */
const counted = new Map<string, number>();

function metricsRegister() {
  const gauge = ({ name }: { name: string }) => ({
    inc: (...given: unknown[]) => {
      const by = given.findLast((value) => typeof value === 'number') ?? 1;
      counted.set(name, (counted.get(name) ?? 0) + (by as number));
    },
    set: () => {},
    addCollect: () => {},
  });
  const quiet = () => ({ startTimer: () => () => {}, observe: () => {}, reset: () => {}, set: () => {} });
  return { gauge, histogram: quiet, avgMinMax: quiet };
}

function createNode(number: number): Promise<Node> {
  return createLibp2p({
    addresses: { listen: [`/memory/${number}`] },
    transports: [memory()],
    connectionEncrypters: [plaintext()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub({ metricsRegister: metricsRegister() as never, metricsTopicStrToLabel: new Map() }),
    },
  });
}

/** All connected, of equal degree, the same in every run. */
async function connect(nodes: readonly Node[]): Promise<void> {
  for (const [i, node] of nodes.entries()) {
    for (const distance of DISTANCES) {
      if (distance >= nodes.length) continue;
      const [address] = nodes[(i + distance) % nodes.length]?.getMultiaddrs() ?? [];
      if (address) await node.dial(address);
    }
  }
}

const nodes: Node[] = [];
for (let number = 0; number < nodeCount; number++) nodes.push(await createNode(number));
let delivered = 0;
for (const { services } of nodes.slice(1)) {
  services.pubsub.addEventListener('gossipsub:message', () => delivered++);
}
for (const { services } of nodes) services.pubsub.subscribe(TOPIC);
await connect(nodes);
await sleep(SETTLE_MS);

const host = nodes[0];
if (!host) throw new Error('--nodes must be at least 2');
const taken = (name: string): number => counted.get(`gossipsub_rpc_${name}_total`) ?? 0;
const before = {
  cpu: process.cpuUsage(),
  copies: taken('recv_message'),
  bytes: taken('recv_bytes'),
  delivered,
};
const startMs = performance.now();
const messages = Math.round((seconds * 1_000) / messageEveryMs);
for (let number = 0; number < messages; number++) {
  await sleep(Math.max(0, startMs + number * messageEveryMs - performance.now()));
  for (let frame = 0; frame < framesPerMessage; frame++) {
    await host.services.pubsub.publish(TOPIC, new Uint8Array(frameBytes));
  }
}
await sleep(DRAIN_MS);
const { user, system } = process.cpuUsage(before.cpu);
const deliveredHere = delivered - before.delivered;
const due = messages * framesPerMessage * (nodeCount - 1);
console.log(
  JSON.stringify({
    redundancy: (taken('recv_message') - before.copies) / deliveredHere,
    bytesPerFrame: (taken('recv_bytes') - before.bytes) / deliveredHere,
    cpuMicrosPerFrame: (user + system) / deliveredHere,
    deliveredRatio: deliveredHere / due,
  }),
);
process.exit(0);
