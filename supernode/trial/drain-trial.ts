/**
 * SIGTERM for a supernode with thousands of clients, and another one to go to. The clients do what PROTOCOL.md R36 says and nothing
 * else: thousands of whole nodes in one process would measure themselves. Whole nodes are tried in shared/src/node/sent-away.test.ts,
 * and in real pages by e2e/tests/operating.spec.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { randomFloat } from '@murmuration/shared/lib/random.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { NodeRandom } from '../src/node-random.ts';
import { type SupernodeProcess, startSupernodeProcess } from './supernode-process.ts';
import { TrialClient } from './trial-client.ts';

const CLIENTS = 2_000;
/** Newcomers at a time, and how often; below the rate of new sockets. */
const JOIN_BATCH = 25;
const JOIN_EVERY_MS = 150;
const HEARD: ReadonlySet<number> = new Set([
  MessageType.hello,
  MessageType.ping,
  MessageType.goAway,
  MessageType.goodbye,
]);
/** What R36 says of the time in which a node moves, and of the time for which it keeps the old socket. */
const MOVE_SHARE = 0.8;
const LINGER_MS = 2_000;
const random = new NodeRandom();
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
  const clients: TrialClient[] = [];
  try {
    for (let joined = 0; joined < CLIENTS; joined += JOIN_BATCH) {
      await Promise.all(
        Array.from({ length: JOIN_BATCH }, () => join(stopping.port, alternate.port, clients)),
      );
      await sleep(JOIN_EVERY_MS);
    }
    progress(`${clients.length} clients have joined`);
    return await stop(stopping, alternate, progress);
  } finally {
    for (const client of clients) client.end();
    for (const { child } of [alternate, stopping]) child.kill('SIGKILL');
  }
}

const urlOf = ({ port }: SupernodeProcess): string => `ws://127.0.0.1:${port}/link`;
/** A client that goes where it is sent. */
async function join(port: number, portOfAlternate: number, clients: TrialClient[]): Promise<void> {
  const client = await TrialClient.open(port, { hears: HEARD });
  clients.push(client);
  client.onMessage = async (message) => {
    if (message.type !== MessageType.goAway) return;
    await sleep(randomFloat(random) * MOVE_SHARE * message.withinMs);
    const { identity } = client;
    clients.push(await TrialClient.open(portOfAlternate, { identity, hears: HEARD }));
    await sleep(LINGER_MS);
    client.end();
  };
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
