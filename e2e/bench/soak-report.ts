// What `soak.ts` has seen, as figures, a table and targets.

import { availableParallelism, loadavg } from 'node:os';
import type { HeldBytes } from './page-memory.ts';
import type { Report } from './report.ts';
import { rounded } from './statistics.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MEGABYTE = 1_000_000;

/** Of all who watched, after warming up. */
export interface Soaked {
  /** Viewers at a time. */
  readonly size: number;
  readonly stalls: number;
  readonly lostFrames: number;
  /** Of all viewers together. */
  readonly watchedMs: number;
  /** One came and one left, so often. */
  readonly changes: number;
  readonly processorsUsed: number;
  /** The longest that the machine itself stood still, warming up included. */
  readonly machineStoodMs: number;
}

export interface Memory {
  readonly held: HeldBytes;
  /** All of it. */
  readonly usedBytes: number;
  /** The part of it that is compiled code. */
  readonly codeBytes: number;
}

/** The host's first, then those of the viewers who stayed. */
export interface Looks {
  /** After warming up. */
  readonly before: readonly Memory[];
  /** At the end. */
  readonly after: readonly Memory[];
}

export interface Connections {
  /** Of all pages together. */
  readonly open: number;
  /** Of these, those that no link stands for. */
  readonly leaked: number;
}

/** @param lengthMs of the run, with its warming up */
export function soakReport(
  audience: Soaked,
  { before, after }: Looks,
  { open, leaked }: Connections,
  lengthMs: number,
): Report {
  const ratios = (bytesOf: (memory: Memory) => number): number[] =>
    after.map((memory, i) => bytesOf(memory) / bytesOf(before[i] ?? memory));
  const growth = ratios(({ usedBytes }) => usedBytes);
  const [hostRatio = Number.NaN, ...viewerRatios] = growth;
  const megabytes = (memories: readonly Memory[], key: 'usedBytes' | 'codeBytes'): number =>
    rounded(Math.max(...memories.map((memory) => memory[key])) / MEGABYTE);
  const figures = {
    stallsPerHour: rounded((audience.stalls * HOUR_MS) / audience.watchedMs, 2),
    stalls: audience.stalls,
    watchedHours: rounded(audience.watchedMs / HOUR_MS, 2),
    framesLost: audience.lostFrames,
    memoryGrowthRatio: rounded(Math.max(hostRatio, ...viewerRatios), 3),
    hostMemoryGrowthRatio: rounded(hostRatio, 3),
    viewerMemoryGrowthRatio: rounded(Math.max(...viewerRatios), 3),
    withoutCodeGrowthRatio: rounded(Math.max(...ratios((memory) => memory.usedBytes - memory.codeBytes)), 3),
    hostMegabytesBefore: megabytes(before.slice(0, 1), 'usedBytes'),
    hostMegabytesAfter: megabytes(after.slice(0, 1), 'usedBytes'),
    viewerMegabytesBefore: megabytes(before.slice(1), 'usedBytes'),
    viewerMegabytesAfter: megabytes(after.slice(1), 'usedBytes'),
    codeMegabytesBefore: megabytes(before, 'codeBytes'),
    codeMegabytesAfter: megabytes(after, 'codeBytes'),
    openConnections: open,
    leakedConnections: leaked,
    changes: audience.changes,
    processorsUsed: rounded(audience.processorsUsed, 2),
    loadAverage: rounded(loadavg()[0] ?? 0),
    machineStoodMs: rounded(audience.machineStoodMs, 0),
  };
  const row = (what: string, ...values: (string | number)[]) => ({ what, values: values.map(String) });
  return {
    title: `A host and ${audience.size} viewers in Chromium, ${lengthMs / MINUTE_MS} minutes, ${audience.changes} times one came and one left`,
    columns: ['after a minute', 'at the end', 'ratio'],
    rows: [
      row(
        'memory of the host, MB',
        figures.hostMegabytesBefore,
        figures.hostMegabytesAfter,
        figures.hostMemoryGrowthRatio,
      ),
      row(
        'memory of a viewer, most, MB',
        figures.viewerMegabytesBefore,
        figures.viewerMegabytesAfter,
        figures.viewerMemoryGrowthRatio,
      ),
      row('compiled code of a page in it, most, MB', figures.codeMegabytesBefore, figures.codeMegabytesAfter),
      row('memory without code, most', '', '', figures.withoutCodeGrowthRatio),
      ...after.map((memory, i) =>
        row(
          `scripts + document + buffers of ${i === 0 ? 'the host' : `viewer ${i}`}, MB`,
          parts(before[i] ?? memory),
          parts(memory),
          rounded(growth[i] ?? Number.NaN, 3),
        ),
      ),
      row('connections; without a link', '', open, leaked),
      row('stalls', '', figures.stalls, `${figures.stallsPerHour} / h`),
      row('frames lost', '', figures.framesLost),
    ],
    remarks: [
      `Watched for ${figures.watchedHours} hours in all.`,
      `The browser used ${figures.processorsUsed} processors of ${availableParallelism()}; load average at the end: ${figures.loadAverage}. Above the number of processors, stalls tell of the machine.`,
      `The machine itself stood still for ${figures.machineStoodMs} ms at the most. Pages forget what is 12 s old: after so long a pause they hold less.`,
    ],
    figures,
    targets: [
      { key: 'stallsPerHour', most: 1 },
      { key: 'memoryGrowthRatio', most: 1.1 },
      { key: 'leakedConnections', most: 0 },
    ],
  };
}

/** "scripts + document + buffers" */
function parts({ held }: Memory): string {
  const sizes = [held.scripts, held.document, held.buffers].map((bytes) =>
    rounded(bytes / MEGABYTE).toFixed(1),
  );
  return sizes.join(' + ');
}
