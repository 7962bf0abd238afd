/** A process with many viewers of one stream, each with its own key and its own WebRTC connections. Told what to do by swarm-bench.ts. */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ViewerPeer } from '../../src/peer/viewer-peer.ts';
import { type Answer, LATENCY_MS_MAX, type Order, type ViewerCounts } from './swarm-words.ts';
import { headOf, nowMs } from './synthetic-stream.ts';

const FOUND_WITHIN_MS = 60_000;
/** What is under way when the window closes still counts. */
const DRAIN_MS = 3_000;

interface Viewer {
  readonly peer: ViewerPeer;
  readonly counts: { delivered: number };
}

const viewers: Viewer[] = [];
const latencies = new Array<number>(LATENCY_MS_MAX + 1).fill(0);
let counted = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };
let cpuBefore = process.cpuUsage();
let memoryBefore = 0;
let profile: { readonly session: Session; readonly path: string } | undefined;

const answer = (words: Answer): void => void process.send?.(words);

function received(counts: { delivered: number }, message: Uint8Array): void {
  const { number, publishedAtMs } = headOf(message);
  if (number < counted.from || number >= counted.to) return;
  counts.delivered++;
  const ms = Math.min(LATENCY_MS_MAX, Math.max(0, Math.round(nowMs() - publishedAtMs)));
  latencies[ms] = (latencies[ms] ?? 0) + 1;
}

async function join({
  stream,
  supernodes,
  count,
  withinMs,
}: Extract<Order, { type: 'join' }>): Promise<void> {
  memoryBefore = process.memoryUsage.rss();
  const openOne = async (): Promise<void> => {
    await sleep(Math.random() * withinMs);
    const counts = { delivered: 0 };
    const peer = await ViewerPeer.open({
      stream,
      supernodes,
      delivery: 'media',
      bindAddress: '127.0.0.1',
      withinMs: FOUND_WITHIN_MS,
      onMessage: (message) => received(counts, message),
    });
    viewers.push({ peer, counts });
  };
  await Promise.allSettled(Array.from({ length: count }, openOne));
  answer({ type: 'joined', joined: viewers.length });
}

function countsOf({ peer, counts }: Viewer): ViewerCounts {
  const { relay, bytesOut = 0, controlBytesOut = 0, links = [] } = peer.snapshot() ?? {};
  return {
    payloadIn: relay?.payloadBytesIn ?? 0,
    payloadUseful: relay?.payloadBytesUseful ?? 0,
    payloadOut: relay?.payloadBytesOut ?? 0,
    bytesOut,
    controlBytesOut,
    confirmed: relay?.framesConfirmed ?? 0,
    unconfirmed: relay?.framesUnconfirmed ?? 0,
    delivered: counts.delivered,
    depth: relay?.depth,
    links: links.length,
  };
}

async function startProfile(path: string): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  profile = { session, path };
}

async function finishProfile(): Promise<void> {
  if (profile === undefined) return;
  const found = await profile.session.post('Profiler.stop');
  writeFileSync(profile.path, JSON.stringify(found.profile));
}

let profilePath: string | undefined;
process.on('message', async (order: Order) => {
  switch (order.type) {
    case 'join':
      profilePath = order.profile;
      return await join(order);
    case 'open':
      if (profilePath !== undefined) await startProfile(profilePath);
      counted = { from: order.fromNumber, to: Number.POSITIVE_INFINITY };
      cpuBefore = process.cpuUsage();
      return answer({ type: 'opened', viewers: viewers.map(countsOf) });
    case 'close': {
      counted = { ...counted, to: order.toNumber };
      const { user, system } = process.cpuUsage(cpuBefore);
      const memoryBytes = process.memoryUsage.rss() - memoryBefore;
      const before = viewers.map(countsOf);
      await finishProfile();
      await sleep(DRAIN_MS);
      const closed = viewers.map((viewer, at) => ({
        ...(before[at] as ViewerCounts),
        delivered: viewer.counts.delivered,
      }));
      answer({ type: 'closed', viewers: closed, latencies, cpuSeconds: (user + system) / 1e6, memoryBytes });
      await Promise.all(viewers.map(({ peer }) => peer.stop()));
      process.disconnect?.();
      setTimeout(() => process.exit(0), 2_000).unref();
    }
  }
});
