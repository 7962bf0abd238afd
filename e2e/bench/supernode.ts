// What signals, connections and redirections cost a supernode, beside other signaling servers in the same run.

import type { Benchmark, Progress, Report } from './report.ts';
import { ALL, OURS } from './signaling/contender.ts';
import { type IdleCosts, idleCosts } from './signaling/idle.ts';
import { type RedirectFigures, redirectCosts } from './signaling/redirects.ts';
import {
  type LoopCosts,
  type LoopKind,
  type Micros,
  type Setting,
  signalCosts,
} from './signaling/signals.ts';
import { rounded } from './statistics.ts';

const SIZES = [200, 2_000, 8_000];
const SWARMS = [1, 100];
const IDLE_CONNECTIONS = 4_000;
const REDIRECT_NODES = 10_000;
/** The setting that the targets are about. */
const TARGET = { connections: 2_000, swarms: 1, loop: 'closed' } as const;

/** Settings that no target is about have turns so much shorter. */
const OTHERS_SHARE = 1 / 3;

interface Measured extends Setting, LoopCosts {
  readonly idleMicrosPerMs: Micros;
}

async function run(progress: Progress, given: Readonly<Record<string, number>>): Promise<Report> {
  const { rounds = 3, connections = 0, signals = 20_000 } = given;
  const idle: [string, IdleCosts][] = [];
  for (const kind of ALL) idle.push([kind.name, await idleCosts(kind, IDLE_CONNECTIONS, progress)]);
  const member = await idleCosts(OURS, IDLE_CONNECTIONS, progress, 'members');
  idle.splice(1, 0, ['supernode, members in the graph', member]);

  const measured: Measured[] = [];
  for (const size of connections === 0 ? SIZES : [connections]) {
    for (const swarms of connections === 0 ? SWARMS : [1]) {
      const isAim = connections !== 0 || (size === TARGET.connections && swarms === TARGET.swarms);
      const [turns, each] = isAim
        ? [rounds, signals]
        : [Math.ceil(rounds / 2), Math.ceil(signals * OTHERS_SHARE)];
      const costs = await signalCosts({ connections: size, swarms }, turns, each, progress);
      for (const loop of ['closed', 'open'] as const)
        measured.push({
          connections: size,
          swarms,
          loop,
          ...costs[loop],
          idleMicrosPerMs: costs.idleMicrosPerMs,
        });
    }
  }
  const redirect = await redirectCosts(REDIRECT_NODES, progress);
  return report(idle, measured, redirect);
}

function report(
  idle: readonly [string, IdleCosts][],
  measured: readonly Measured[],
  redirect: RedirectFigures,
): Report {
  const aim =
    measured.find(
      (each) =>
        each.connections === TARGET.connections && each.swarms === TARGET.swarms && each.loop === TARGET.loop,
    ) ?? measured[0];
  const ratio = (key: keyof Micros): number => (aim === undefined ? Number.NaN : rounded(aim.ratios[key], 2));
  const [, ours] = idle[0] ?? [];
  const [, member] = idle[1] ?? [];
  return {
    title: 'Server CPU per relayed signal of 1 kB, µs',
    columns: ALL.map(({ name }) => name),
    rows: [
      ...measured.map(({ connections, swarms, loop, micros }) => ({
        what: settingName(connections, swarms, loop),
        values: ALL.map(({ key }) => `${rounded(micros[key])}`),
      })),
      ...measured
        .filter(({ loop }) => loop === 'closed')
        .map(({ connections, swarms, idleMicrosPerMs }) => ({
          what: `${connections} connections, ${swarms === 1 ? 'one swarm' : `${swarms} swarms`}, nobody signals`,
          values: ALL.map(({ key }) => `${rounded(idleMicrosPerMs[key])} ms/s`),
        })),
      ...idle.map(([name, { residentKilobytes, heldKilobytes, handshakeMicros }]) => ({
        what: `idle: ${name}`,
        values: [
          `${rounded(residentKilobytes)} kB`,
          `${rounded(heldKilobytes)} kB held`,
          `${rounded(handshakeMicros, 0)} µs to open`,
        ],
      })),
      {
        what: `redirect, ${REDIRECT_NODES} nodes, at the server`,
        values: [`p50 ${redirect.redirectP50Ms} ms`, `p99 ${redirect.redirectP99Ms} ms`],
      },
      {
        what: `redirect, ${REDIRECT_NODES} nodes, as a client sees it`,
        values: [`p50 ${redirect.redirectClientP50Ms} ms`, `p99 ${redirect.redirectClientP99Ms} ms`],
      },
    ],
    remarks: [
      'Servers and clients are on this machine, and take turns; medians of all rounds, of ratios within each round. Memory is what the process keeps after a full collection.',
      'What a server does while nobody signals, heartbeats above all, was measured apart and taken off.',
      'y-webrtc knows topics only: it sends each signal to the whole swarm. bittorrent-tracker: half offers, half answers.',
      'The target of redirects is about the time at the server, from the request read to the answer written. What a client sees depends on who else wants the processor: here its own process, and that of all members.',
    ],
    figures: {
      ratioToBareWs: ratio('bare'),
      ratioToPeer: ratio('peer'),
      ratioToBittorrentTracker: ratio('tracker'),
      ratioToYWebrtc: ratio('topics'),
      idleKilobytes: rounded(ours?.residentKilobytes ?? Number.NaN, 2),
      idleMemberKilobytes: rounded(member?.residentKilobytes ?? Number.NaN, 2),
      idleBareWsKilobytes: rounded(
        idle.find(([name]) => name === 'bare ws')?.[1].residentKilobytes ?? Number.NaN,
        2,
      ),
      idleCpuMsPerSecond: rounded(aim?.idleMicrosPerMs.supernode ?? Number.NaN, 1),
      handshakeMicros: rounded(ours?.handshakeMicros ?? Number.NaN, 0),
      ...redirect,
      ...Object.fromEntries(
        measured.flatMap(({ connections, swarms, loop, micros }) =>
          ALL.map(({ key }) => [`${key}Micros_${connections}_${swarms}_${loop}`, rounded(micros[key])]),
        ),
      ),
    },
    targets: [
      { key: 'ratioToBareWs', least: 0.8 },
      { key: 'ratioToPeer', least: 1.5 },
      { key: 'ratioToBittorrentTracker', least: 10 },
      { key: 'idleKilobytes', most: 8 },
      { key: 'redirectP99Ms', most: 1 },
    ],
  };
}

const settingName = (connections: number, swarms: number, loop: LoopKind): string =>
  `${connections} connections, ${swarms === 1 ? 'one swarm' : `${swarms} swarms`}, ${loop} loop`;

export const supernode: Benchmark = {
  summary: 'a supernode beside bare ws, peer, bittorrent-tracker and y-webrtc: CPU, memory, latency',
  options: [
    {
      name: 'connections',
      usual: 0,
      least: 0,
      most: 8_000,
      meaning: 'only so many, in one swarm; 0: 200, 2,000 and 8,000, in one and in 100',
    },
    {
      name: 'rounds',
      usual: 3,
      least: 1,
      most: 20,
      meaning:
        'turns of each server in the setting that the targets are about, and half as many in the others',
    },
    {
      name: 'signals',
      usual: 20_000,
      least: 100,
      most: 1_000_000,
      meaning: 'in one turn of the closed loop',
    },
  ],
  run,
};
