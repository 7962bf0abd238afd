// What a connection costs that does nothing: memory of the server, and CPU until it is open.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../report.ts';
import { rounded } from '../statistics.ts';
import { Contender, type ServerKind } from './contender.ts';

/** These come and go first, so that what is made once and compiled counts for nobody. */
const WARM_UP = 400;
const SETTLE_MS = 3_000;

export interface IdleCosts {
  readonly residentKilobytes: number;
  readonly heldKilobytes: number;
  readonly handshakeMicros: number;
}

/** @param speaking what the clients are; see supernode/trial/load/clients.ts */
export async function idleCosts(
  kind: ServerKind,
  connections: number,
  progress: Progress,
  speaking: string = kind.key,
): Promise<IdleCosts> {
  const contender = await Contender.start(kind);
  try {
    const clients = contender.clients(speaking);
    await clients.join(WARM_UP, 1);
    await clients.leave();
    await sleep(SETTLE_MS);
    const before = await contender.usage('collect');
    await clients.join(connections, Math.max(1, connections / 100));
    const joined = await contender.usage();
    await sleep(SETTLE_MS);
    const after = await contender.usage('collect');
    const costs = {
      residentKilobytes: (after.residentBytes - before.residentBytes) / connections / 1_024,
      heldKilobytes: (after.heldBytes - before.heldBytes) / connections / 1_024,
      handshakeMicros: (joined.cpuMicros - before.cpuMicros) / connections,
    };
    const name = speaking === kind.key ? kind.name : `${kind.name} (${speaking})`;
    progress(
      `${name}, ${connections} idle: ${rounded(costs.residentKilobytes)} kB each (${rounded(costs.heldKilobytes)} kB of objects), handshake ${rounded(costs.handshakeMicros, 0)} µs`,
    );
    return costs;
  } finally {
    contender.end();
  }
}
