/**
 * A swarm of peers in Node.js over real WebRTC on loopback: a supernode, a host in this process, and viewers in a few others. They join,
 * the trees settle, and then a window is measured. Prints progress, and figures as one JSON object in its last line, with the names of
 * `sim forest`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HostPeer } from '../../src/peer/host-peer.ts';
import { startSupernodeProcess } from '../supernode-process.ts';
import { type Answer, LATENCY_MS_MAX, type Order, type ViewerCounts } from './swarm-words.ts';
import { SyntheticStream } from './synthetic-stream.ts';

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '100' },
    kilobits: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    processes: { type: 'string', default: '2' },
    /** A folder for CPU profiles of the viewers' processes, to be opened with Chromium's DevTools. */
    profile: { type: 'string' },
  },
});
const [peers, kilobits, seconds] = [values.peers, values.kilobits, values.seconds].map(Number) as [
  number,
  number,
  number,
];
const processes = Math.min(Number(values.processes), peers);

const MEMBERS = fileURLToPath(new URL('./swarm-members.ts', import.meta.url));
const BIND = '127.0.0.1';
/** As many come in a second: each dials eight others. */
const JOINS_PER_SECOND = 10;
const JOIN_WITHIN_MS_LEAST = 5_000;
/** Until the trees have their shape. */
const SETTLE_MS = 10_000;
const PEAK_SPAN_MS = 1_000;
const HOST_SLOTS = 3;

class Members {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(MEMBERS, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    process.once('exit', () => this.#child.kill('SIGKILL'));
  }

  ask<T extends Answer['type']>(order: Order, type: T): Promise<Extract<Answer, { type: T }>> {
    return new Promise((resolve, reject) => {
      this.#child.once('exit', (code) => reject(new Error(`A process of viewers ended with ${code}.`)));
      this.#child.on('message', (answer: Answer) => {
        if (answer.type === type) resolve(answer as Extract<Answer, { type: T }>);
      });
      this.#child.send(order);
    });
  }
}

/** Jain, Chiu and Hawe (1984): (Σx)² / (n · Σx²); 1 if all give the same. */
function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? Number.NaN : (sum * sum) / (shares.length * squares);
}

/** What is missing counts as infinitely late. */
function quantileMs(latencies: readonly number[], due: number, share: number): number {
  let left = Math.ceil(share * due);
  for (const [ms, count] of latencies.entries()) {
    left -= count;
    if (left <= 0) return ms;
  }
  return LATENCY_MS_MAX;
}

const generous = ['--max-per-address', '10000', '--max-sockets-per-address', '10000'];
const supernode = await startSupernodeProcess(generous);
const supernodes = [`ws://${BIND}:${supernode.port}/link`];
const host = await HostPeer.open({
  supernodes,
  title: 'Benchmark',
  delivery: 'media',
  bitsPerSecond: kilobits * 1_000,
  slots: HOST_SLOTS,
  bindAddress: BIND,
});
const source = new SyntheticStream(kilobits * 1_000, (message, key) => host.publish(message, key));
source.start();

console.log(`${peers} viewers join, in ${processes} processes …`);
const withinMs = Math.max(JOIN_WITHIN_MS_LEAST, (1_000 * peers) / JOINS_PER_SECOND);
const startedAtMs = performance.now();
const groups = Array.from({ length: processes }, () => new Members());
const joined = await Promise.all(
  groups.map((group, at) => {
    const count = Math.floor(peers / processes) + (at < peers % processes ? 1 : 0);
    const profile = values.profile && `${values.profile}/members-${at}.cpuprofile`;
    return group.ask({ type: 'join', stream: host.stream, supernodes, count, withinMs, profile }, 'joined');
  }),
);
const joinSeconds = (performance.now() - startedAtMs) / 1_000;
const joinedCount = joined.reduce((sum, { joined: count }) => sum + count, 0);
console.log(
  `${joinedCount} of ${peers} have the stream after ${joinSeconds.toFixed(1)} s; the trees settle …`,
);
await sleep(SETTLE_MS);

const payloadOut = (): number => host.snapshot()?.relay?.payloadBytesOut ?? 0;
const first = source.published;
const hostBefore = payloadOut();
const before = await Promise.all(
  groups.map((group) => group.ask({ type: 'open', fromNumber: first.messages }, 'opened')),
);
console.log(`measured for ${seconds} s …`);
const hostCpuBefore = process.cpuUsage();
const openedAtMs = performance.now();
let hostPeak = 0;
let depthMax = 0;
for (let span = 0; span < seconds; span++) {
  const [bytesBefore, outBefore] = [source.published.bytes, payloadOut()];
  await sleep(PEAK_SPAN_MS);
  hostPeak = Math.max(hostPeak, (payloadOut() - outBefore) / (source.published.bytes - bytesBefore));
}
const last = source.published;
const hostOut = payloadOut() - hostBefore;
const windowSeconds = (performance.now() - openedAtMs) / 1_000;
const hostCpu = process.cpuUsage(hostCpuBefore);
const after = await Promise.all(
  groups.map((group) => group.ask({ type: 'close', toNumber: last.messages }, 'closed')),
);

const streamBytes = last.bytes - first.bytes;
const all: ViewerCounts[] = [];
for (const [group, { viewers }] of after.entries())
  for (const [at, viewer] of viewers.entries()) {
    const earlier = before[group]?.viewers[at] as ViewerCounts;
    const since = (key: Exclude<keyof ViewerCounts, 'depth'>): number => viewer[key] - earlier[key];
    depthMax = Math.max(depthMax, viewer.depth ?? Number.POSITIVE_INFINITY);
    all.push({
      ...viewer,
      payloadIn: since('payloadIn'),
      payloadUseful: since('payloadUseful'),
      payloadOut: since('payloadOut'),
      bytesOut: since('bytesOut'),
      controlBytesOut: since('controlBytesOut'),
      confirmed: since('confirmed'),
      unconfirmed: since('unconfirmed'),
      delivered: since('delivered'),
    });
  }
const sum = (key: Exclude<keyof ViewerCounts, 'depth'>): number =>
  all.reduce((total, each) => total + each[key], 0);
const latencies = Array.from({ length: LATENCY_MS_MAX + 1 }, (_, ms) =>
  after.reduce((total, group) => total + (group.latencies[ms] ?? 0), 0),
);
const due = (last.messages - first.messages) * peers;
// One that was on its way when the groups began to count was not due: there may be some too many.
const delivered = Math.min(due, sum('delivered'));
const cpuSeconds = after.reduce((total, group) => total + group.cpuSeconds, 0);
const figures = {
  peers,
  kilobits,
  joined: joinedCount,
  joinSeconds,
  deliveredRatio: delivered / due,
  lostFrames: due - delivered,
  deliveredP50Ms: quantileMs(latencies, due, 0.5),
  deliveredP99Ms: quantileMs(latencies, due, 0.99),
  redundancy: sum('payloadIn') / sum('payloadUseful'),
  controlRatio: sum('controlBytesOut') / sum('bytesOut'),
  hostUploadMean: hostOut / streamBytes,
  hostUploadPeak: hostPeak,
  uploadMax: Math.max(...all.map((viewer) => viewer.payloadOut)) / streamBytes,
  uploadJain: jain(all.map((viewer) => viewer.payloadOut)),
  depthMax,
  unconfirmedRatio: sum('unconfirmed') / (sum('confirmed') + sum('unconfirmed')),
  linksMean: sum('links') / Math.max(1, all.length),
  cpuPerViewerSecond: cpuSeconds / windowSeconds / Math.max(1, all.length),
  cpuHostPerSecond: (hostCpu.user + hostCpu.system) / 1e6 / windowSeconds,
  memoryPerViewerBytes:
    after.reduce((total, group) => total + group.memoryBytes, 0) / Math.max(1, all.length),
};
source.stop();
await host.stop();
supernode.child.kill('SIGTERM');
await supernode.exited;
console.log(JSON.stringify(figures));
setTimeout(() => process.exit(0), 2_000).unref();
