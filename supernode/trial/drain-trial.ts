/**
 * SIGTERM for a supernode with thousands of clients, and another one to go to. The clients are whole nodes (the core's machines over
 * the supernode's own sockets), as in a page; only that they have nobody to watch.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PeerDriver } from '@murmuration/shared/node/peer-driver.ts';
import { defaultPeerSettings } from '@murmuration/shared/node/settings.ts';
import { NodeClock } from '../src/node-clock.ts';
import { generateNodeIdentity } from '../src/node-crypto.ts';
import { NodeRandom } from '../src/node-random.ts';
import { SocketTransport } from '../src/socket-transport.ts';
import { type SupernodeProcess, startSupernodeProcess } from './supernode-process.ts';

const CLIENTS = 2_000;
/** Newcomers at a time; well below the rate of new sockets. */
const JOIN_BATCH = 50;
const JOINED_WITHIN_MS = 120_000;
const SETTLED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 250;
/** All clients have one address here. */
const ROOM = ['--max-connections', '4000', '--max-per-address', '4000', '--max-sockets-per-address', '5000'];

export interface DrainResult {
  readonly clients: number;
  readonly exitMs: number;
  readonly exitCode: number | null;
  /** Clients that have a socket to the other supernode some seconds after. */
  readonly moved: number;
  /** New sockets at the other supernode in its busiest second. */
  readonly arrivalsPerSecondMax: number;
  /** Upgrades that the other one refused because too many came at once. */
  readonly refused: number;
}

export async function runDrain(progress: (line: string) => void): Promise<DrainResult> {
  const alternate = await startSupernodeProcess(ROOM);
  const stopping = await startSupernodeProcess([...ROOM, '--alternate', urlOf(alternate)]);
  const drivers: PeerDriver[] = [];
  try {
    await join(stopping, drivers, progress);
    return await stop(stopping, alternate, progress);
  } finally {
    for (const driver of drivers) driver.stop();
    for (const { child } of [alternate, stopping]) child.kill('SIGKILL');
  }
}

const urlOf = ({ port }: SupernodeProcess): string => `ws://127.0.0.1:${port}/link`;
const links = async ({ metrics }: SupernodeProcess): Promise<number> =>
  (await metrics()).get('murmuration_links') ?? 0;

async function join(
  supernode: SupernodeProcess,
  drivers: PeerDriver[],
  progress: (line: string) => void,
): Promise<void> {
  const untilMs = performance.now() + JOINED_WITHIN_MS;
  while ((await links(supernode)) < CLIENTS) {
    for (let at = 0; at < JOIN_BATCH && drivers.length < CLIENTS; at++) {
      const crypto = generateNodeIdentity();
      const ports = {
        transport: new SocketTransport(),
        clock: new NodeClock(),
        random: new NodeRandom(),
        crypto,
      };
      const supernodes = [urlOf(supernode)];
      const driver = new PeerDriver(ports, {
        ...defaultPeerSettings,
        role: 'host',
        stream: undefined,
        supernodes,
      });
      driver.start(() => undefined);
      drivers.push(driver);
    }
    await sleep(LOOK_EVERY_MS);
    if (performance.now() > untilMs)
      throw new Error(`only ${await links(supernode)} of ${CLIENTS} clients joined`);
  }
  progress(`${CLIENTS} clients have joined`);
}

async function stop(
  stopping: SupernodeProcess,
  alternate: SupernodeProcess,
  progress: (line: string) => void,
): Promise<DrainResult> {
  const fromMs = performance.now();
  let exitMs = Number.POSITIVE_INFINITY;
  stopping.child.kill('SIGTERM');
  const exited = stopping.exited.then((code) => {
    exitMs = performance.now() - fromMs;
    return code;
  });
  const arrivals: { atMs: number; opened: number }[] = [];
  let moved = 0;
  while (moved < CLIENTS && performance.now() - fromMs < Math.min(exitMs, 30_000) + SETTLED_WITHIN_MS) {
    await sleep(LOOK_EVERY_MS);
    const figures = await alternate.metrics();
    moved = figures.get('murmuration_links') ?? 0;
    arrivals.push({
      atMs: performance.now() - fromMs,
      opened: figures.get('murmuration_sockets_opened_total') ?? 0,
    });
  }
  const exitCode = await exited;
  progress(
    `it ended after ${(exitMs / 1_000).toFixed(1)} s with ${exitCode}; ${moved} clients are at the other one`,
  );
  const figures = await alternate.metrics();
  return {
    clients: CLIENTS,
    exitMs,
    exitCode,
    moved,
    arrivalsPerSecondMax: busiestSecond(arrivals),
    refused: figures.get('murmuration_sockets_refused_total{reason="too-many-upgrades"}') ?? 0,
  };
}

function busiestSecond(arrivals: readonly { atMs: number; opened: number }[]): number {
  let most = 0;
  for (const [at, { atMs, opened }] of arrivals.entries()) {
    const before = arrivals.slice(0, at).findLast((each) => atMs - each.atMs >= 1_000);
    if (before) most = Math.max(most, ((opened - before.opened) * 1_000) / (atMs - before.atMs));
  }
  return most;
}
