// Peers in Node.js over real WebRTC, as many as asked for, and the same forest in the simulator beside them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Progress } from './report.ts';
import { rounded } from './statistics.ts';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const SEED = 1;
const DIGITS = 4;

type Figures = Record<string, number | null>;

/** Figures, as the last line of a program's output. The simulator exits with 1 when it misses a target of its own. */
async function figuresOf(words: readonly string[], progress: Progress): Promise<Figures> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) progress(line);
    last = line;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === null || code > 1 || !last.startsWith('{')) throw new Error('The measurement broke off.');
  return JSON.parse(last) as Figures;
}

/** What JSON cannot hold, such as the depth of somebody without a place, is no number. */
const numberOf = (figure: number | null | undefined): number => figure ?? Number.NaN;

const rows: readonly (readonly [key: string, what: string, unit: string])[] = [
  ['joined', 'viewers that have the stream', ''],
  ['deliveredRatio', 'messages delivered / due', ''],
  ['deliveredP50Ms', 'publish to delivery, p50', ' ms'],
  ['deliveredP99Ms', 'the same, p99', ' ms'],
  ['redundancy', 'payload received / useful', ''],
  ['controlRatio', 'control bytes / all bytes', ''],
  ['hostUploadMean', 'host upload, mean', ' ×'],
  ['hostUploadPeak', 'host upload, busiest second', ' ×'],
  ['uploadMax', 'upload of the busiest viewer', ' ×'],
  ['uploadJain', 'Jain’s index of uploads', ''],
  ['depthMax', 'deepest place', ''],
  ['unconfirmedRatio', 'delivered without enough votes', ''],
  ['cpuPerViewerSecond', 'processor time of a viewer, a second', ' s'],
  ['memoryPerViewerBytes', 'memory of a viewer', ' bytes'],
];

export const swarm: Benchmark = {
  summary: 'peers in Node.js over real WebRTC on this machine, and the same forest in the simulator',
  options: [
    { name: 'peers', usual: 100, least: 2, most: 1_000, meaning: 'viewers' },
    { name: 'kilobits', usual: 1_000, least: 50, most: 20_000, meaning: 'payload of the stream per second' },
    { name: 'seconds', usual: 20, least: 5, most: 600, meaning: 'length of the measured window' },
    { name: 'processes', usual: 2, least: 1, most: 32, meaning: 'processes that the viewers share' },
  ],
  run: async (progress, { peers = 100, kilobits = 1_000, seconds = 20, processes = 2 }) => {
    const flags = (given: Record<string, number>): string[] =>
      Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const measured = await figuresOf(
      [root('supernode/trial/swarm/swarm-bench.ts'), ...flags({ peers, kilobits, seconds, processes })],
      progress,
    );
    progress('the same forest in the simulator …');
    const simulated = await figuresOf(
      [
        root('shared/sim/main.ts'),
        'forest',
        ...flags({ nodes: peers, kilobits, seconds, seed: SEED }),
        '--json',
      ],
      () => {},
    );
    const shown = (figure: number | null | undefined, unit: string): string =>
      Number.isNaN(numberOf(figure)) ? '–' : `${rounded(numberOf(figure), 3)}${unit}`;
    const inSimulator = rows.map(([key]) => key).filter((key) => key in simulated);
    return {
      title: `${peers} viewers in Node.js, ${kilobits} kbit/s, ${seconds} s`,
      columns: ['WebRTC', 'simulated'],
      rows: rows.map(([key, what, unit]) => ({
        what,
        values: [shown(measured[key], unit), shown(simulated[key], unit)],
      })),
      remarks: [
        'Here links are loopback and the uplink is the processor, which all peers share; in the simulator links take 10 to 50 ms and uplinks have 10 Mbit/s.',
        'Control bytes are counted here without the headers of UDP, DTLS and SCTP, and there with them.',
      ],
      figures: {
        ...Object.fromEntries(
          Object.keys(measured).map((key) => [key, rounded(numberOf(measured[key]), DIGITS)]),
        ),
        ...Object.fromEntries(
          inSimulator.map((key) => [
            `simulated${key[0]?.toUpperCase()}${key.slice(1)}`,
            rounded(numberOf(simulated[key]), DIGITS),
          ]),
        ),
      },
      targets: [
        { key: 'joined', least: peers },
        { key: 'deliveredRatio', least: 0.999 },
        { key: 'deliveredP99Ms', most: 300 },
        { key: 'redundancy', most: 1.03 },
        { key: 'controlRatio', most: 0.04 },
        { key: 'hostUploadMean', most: 2.2 },
        { key: 'hostUploadPeak', most: 3 },
        { key: 'uploadMax', most: 1.5 },
        ...(peers >= 10 ? [{ key: 'uploadJain', least: 0.85 }] : []),
        { key: 'depthMax', most: peers <= 100 ? 5 : 6 },
      ],
    };
  },
};
