// What a relayed signal costs the servers: all are up at once, and take turns, because shared machines are noisy.

import type { Progress } from '../report.ts';
import { median, rounded } from '../statistics.ts';
import { ALL, type Clients, Contender, type ServerKind } from './contender.ts';

export type LoopKind = 'closed' | 'open';
export interface Setting {
  readonly connections: number;
  readonly swarms: number;
  readonly loop: LoopKind;
}

/** In the open loop, by all clients together. */
const SIGNALS_PER_SECOND = 2_000;
const OPEN_MS = 2_500;
/** A turn in the closed loop ends then in any case. */
const CLOSED_MS_MAX = 20_000;
/** A server that knows topics only sends each signal to the whole swarm: fewer signals are the same work. */
const topicShare = (signals: number, swarmSize: number): number =>
  Math.max(1, Math.ceil((2 * signals) / swarmSize));
/** The tracker looks through all of a swarm for each signal. */
const TRACKER_SHARE = 0.2;

/** µs of CPU per relayed signal, medians of all rounds, by kind of server. */
export type Micros = Readonly<Record<ServerKind['key'], number>>;

interface Entrant {
  readonly contender: Contender;
  readonly clients: Clients;
}

export async function signalCosts(
  { connections, swarms }: Pick<Setting, 'connections' | 'swarms'>,
  rounds: number,
  signals: number,
  progress: Progress,
): Promise<Readonly<Record<LoopKind, Micros>>> {
  const entrants: Entrant[] = [];
  const samples: { loop: LoopKind; key: ServerKind['key']; micros: number }[] = [];
  const where = `${connections} connections, ${swarms === 1 ? 'one swarm' : `${swarms} swarms`}`;
  try {
    for (const kind of ALL) {
      const contender = await Contender.start(kind);
      const clients = contender.clients();
      entrants.push({ contender, clients });
      await clients.join(connections, swarms);
    }
    progress(`${where}: all are linked`);
    const turn = async (loop: LoopKind, { contender, clients }: Entrant): Promise<number> => {
      const { key } = contender.kind;
      const fewer = (count: number): number => {
        if (key === 'topics') return topicShare(count, connections / swarms);
        return key === 'tracker' ? count * TRACKER_SHARE : count;
      };
      const before = await contender.usage();
      const arrived =
        loop === 'closed'
          ? await clients.closedLoop(fewer(signals), CLOSED_MS_MAX, fewer(connections / 2))
          : await clients.openLoop(OPEN_MS, fewer(SIGNALS_PER_SECOND));
      const micros = ((await contender.usage()).cpuMicros - before.cpuMicros) / arrived;
      progress(
        `${where}, ${loop} loop: ${contender.kind.name} ${arrived} signals, ${rounded(micros)} µs each`,
      );
      return micros;
    };
    progress(`${where}: once for nothing, until all is compiled`);
    for (const each of entrants) await turn('closed', each);
    for (let round = 0; round < rounds; round++) {
      progress(`${where}: round ${round + 1}`);
      for (const loop of ['closed', 'open'] as const)
        for (const each of entrants)
          samples.push({ loop, key: each.contender.kind.key, micros: await turn(loop, each) });
    }
  } finally {
    for (const { contender } of entrants) contender.end();
  }
  const medianOf = (loop: LoopKind, key: ServerKind['key']): number =>
    median(samples.filter((each) => each.loop === loop && each.key === key).map(({ micros }) => micros));
  const medians = (loop: LoopKind): Micros =>
    Object.fromEntries(ALL.map(({ key }) => [key, medianOf(loop, key)])) as Record<ServerKind['key'], number>;
  return { closed: medians('closed'), open: medians('open') };
}
