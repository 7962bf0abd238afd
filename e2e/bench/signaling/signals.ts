// What a relayed signal costs the servers: all are up at once, and take turns, because shared machines are noisy.

import { setTimeout as sleep } from 'node:timers/promises';
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
const OPEN_MS = 1_000;
/** A turn in the closed loop ends then in any case. */
const CLOSED_MS_MAX = 20_000;
/** A server that knows topics only sends each signal to the whole swarm: fewer signals are the same work. */
const topicShare = (signals: number, swarmSize: number): number =>
  Math.max(1, Math.ceil((2 * signals) / swarmSize));
/** The tracker looks through all of a swarm for each signal: fewer tell as much. */
const TRACKER_SHARE = 0.4;
/** So long all are watched while nobody signals: what they do by themselves then, heartbeats above all, is no part of a signal. */
const WATCH_MS = 10_000;

/** By kind of server. */
export type Micros = Record<ServerKind['key'], number>;

export interface LoopCosts {
  /** µs of CPU per relayed signal, medians of all rounds. */
  readonly micros: Micros;
  /** That of each by ours in the same round, medians of all rounds: what the machine is busy with besides changes from round to round. */
  readonly ratios: Micros;
}

export interface SignalCosts extends Readonly<Record<LoopKind, LoopCosts>> {
  /** µs of CPU per ms while nobody signals. */
  readonly idleMicrosPerMs: Micros;
}

interface Entrant {
  readonly contender: Contender;
  readonly clients: Clients;
}

export async function signalCosts(
  { connections, swarms }: Pick<Setting, 'connections' | 'swarms'>,
  rounds: number,
  signals: number,
  progress: Progress,
): Promise<SignalCosts> {
  const entrants: Entrant[] = [];
  const samples: { loop: LoopKind; round: number; key: ServerKind['key']; micros: number }[] = [];
  const idleMicrosPerMs: Partial<Micros> = {};
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
      const some = (count: number): number =>
        key === 'topics' ? topicShare(count, connections / swarms) : count;
      const enough = key === 'tracker' ? signals * TRACKER_SHARE : some(signals);
      const startMs = performance.now();
      const before = await contender.usage();
      const arrived =
        loop === 'closed'
          ? await clients.closedLoop(enough, CLOSED_MS_MAX, Math.min(connections / 2, some(connections)))
          : await clients.openLoop(OPEN_MS, some(SIGNALS_PER_SECOND));
      const used = (await contender.usage()).cpuMicros - before.cpuMicros;
      const byItself = (idleMicrosPerMs[key] ?? 0) * (performance.now() - startMs);
      const micros = (used - byItself) / arrived;
      progress(
        `${where}, ${loop} loop: ${contender.kind.name} ${arrived} signals, ${rounded(micros)} µs each`,
      );
      return micros;
    };
    progress(`${where}: once for nothing, until all is compiled`);
    for (const each of entrants) await turn('closed', each);
    const quiet = await Promise.all(entrants.map(({ contender }) => contender.usage()));
    await sleep(WATCH_MS);
    for (const [at, { contender }] of entrants.entries()) {
      const used = (await contender.usage()).cpuMicros - (quiet[at]?.cpuMicros ?? Number.NaN);
      idleMicrosPerMs[contender.kind.key] = used / WATCH_MS;
      progress(`${where}: ${contender.kind.name} by itself, ${rounded(used / WATCH_MS)} ms of CPU a second`);
    }
    for (let round = 0; round < rounds; round++) {
      progress(`${where}: round ${round + 1}`);
      for (const loop of ['closed', 'open'] as const)
        for (const each of round % 2 === 0 ? entrants : entrants.toReversed())
          samples.push({ loop, round, key: each.contender.kind.key, micros: await turn(loop, each) });
    }
  } finally {
    for (const { contender } of entrants) contender.end();
  }
  const of = (loop: LoopKind, key: ServerKind['key']): number[] =>
    samples
      .filter((each) => each.loop === loop && each.key === key)
      .sort((a, b) => a.round - b.round)
      .map(({ micros }) => micros);
  const forEach = (value: (key: ServerKind['key']) => number): Micros =>
    Object.fromEntries(ALL.map(({ key }) => [key, value(key)])) as Micros;
  const costs = (loop: LoopKind): LoopCosts => {
    const ours = of(loop, 'supernode');
    return {
      micros: forEach((key) => median(of(loop, key))),
      ratios: forEach((key) =>
        median(of(loop, key).map((micros, round) => micros / (ours[round] ?? Number.NaN))),
      ),
    };
  };
  return { closed: costs('closed'), open: costs('open'), idleMicrosPerMs: idleMicrosPerMs as Micros };
}
