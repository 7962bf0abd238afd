/** Runs all cases against one supernode, with a well-behaved pair beside them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import type { ProbeResult } from '../probe.ts';
import { startProbeThread } from '../probe-thread.ts';
import { type SupernodeProcess, startSupernodeProcess } from '../supernode-process.ts';
import { TrialClient } from '../trial-client.ts';
import { type AbuseCase, attackers, TARGET_FLAGS } from './abuse-case.ts';
import { httpCases } from './http-cases.ts';
import { monitorCases } from './monitor-cases.ts';
import { protocolCases } from './protocol-cases.ts';
import { socketCases } from './socket-cases.ts';

export const abuseCases: readonly AbuseCase[] = [
  ...httpCases,
  ...socketCases,
  ...protocolCases,
  ...monitorCases,
];

const MEMORY_EVERY_MS = 250;
const MEMORY = 'process_resident_memory_bytes';
const SETTLE_MS = 2_000;
const ORDINARY_CLIENTS = 250;
const ORDINARY_SIGNALS = 20;
const ORDINARY_SIGNAL_BYTES = 4_000;

export interface AbuseResult {
  readonly outcomes: readonly {
    readonly name: string;
    readonly expected: string;
    readonly outcome: string;
  }[];
  readonly probe: ProbeResult;
  /** Largest resident memory during the attacks, over what it was before them. */
  readonly grownMegabytes: number;
  readonly alive: boolean;
}

export async function runAbuse(progress: (line: string) => void): Promise<AbuseResult> {
  const supernode = await startSupernodeProcess(TARGET_FLAGS);
  try {
    return await attack(supernode, progress);
  } finally {
    supernode.child.kill('SIGKILL');
    await supernode.exited;
  }
}

async function attack(supernode: SupernodeProcess, progress: (line: string) => void): Promise<AbuseResult> {
  const { port, child, metrics } = supernode;
  const metric = async (name: string): Promise<number> => (await metrics()).get(name) ?? 0;
  await ordinaryDay(port);
  const victim = await TrialClient.open(port);
  const stopProbe = await startProbeThread(port);
  await sleep(SETTLE_MS);
  const before = await metric(MEMORY);
  let peak = before;
  const watching = setInterval(async () => {
    peak = Math.max(peak, await metric(MEMORY).catch(() => 0));
  }, MEMORY_EVERY_MS);
  const outcomes: { name: string; expected: string; outcome: string }[] = [];
  for (const { name, expects, run } of abuseCases) {
    const outcome = await run({ port, victim, metric }).catch((error: Error) => `failed: ${error.message}`);
    outcomes.push({ name, expected: expects, outcome });
    const fits = outcome === expects;
    progress(`${fits ? 'ok  ' : 'FAIL'} ${name}: ${outcome}${fits ? '' : `, not ${expects}`}`);
  }
  clearInterval(watching);
  victim.end();
  return {
    outcomes,
    probe: await stopProbe(),
    grownMegabytes: (peak - before) / 1024 / 1024,
    alive: child.exitCode === null,
  };
}

/** What well-behaved clients do, so that memory is compared with that of a supernode at work, not of one that has just started. */
async function ordinaryDay(port: number): Promise<void> {
  const clients = await attackers(port, ORDINARY_CLIENTS, 200);
  const payload = new Uint8Array(ORDINARY_SIGNAL_BYTES);
  for (const [at, client] of clients.entries()) {
    const to = clients[(at + 1) % clients.length] ?? client;
    const signal = client.identity.signal(to.identity.peer, payload);
    for (let signals = 0; signals < ORDINARY_SIGNALS; signals++) client.send(signal);
  }
  for (const client of clients) {
    await client.next(MessageType.signal);
    client.end();
  }
}
