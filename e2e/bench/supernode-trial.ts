// Trials of a running supernode: a program of its own, because it speaks the protocol and so stands on product code.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Report } from './report.ts';

const program = fileURLToPath(new URL('../../supernode/trial/main.ts', import.meta.url));

/** Runs one of its trials; everything but its last line is progress. */
async function figuresOf(trial: string, progress: (words: string) => void): Promise<Record<string, number>> {
  const child = spawn(process.execPath, [program, trial, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (last !== '') progress(last);
    last = line;
  });
  await once(child, 'close');
  return JSON.parse(last) as Record<string, number>;
}

const trial = (
  name: string,
  summary: string,
  report: (figures: Record<string, number>) => Pick<Report, 'rows' | 'targets' | 'remarks'>,
): Benchmark => ({
  summary,
  run: async (progress) => {
    const figures = await figuresOf(name, progress);
    return { title: summary, columns: ['figure'], figures, ...report(figures) };
  },
});

const shown = (value: number | undefined, unit: string): string =>
  value === undefined ? '–' : `${Number(value.toFixed(1))}${unit}`;

export const abuse = trial(
  'abuse',
  'a supernode under attack, with well-behaved clients beside it',
  (figures) => ({
    rows: [
      { what: 'attacks', values: [shown(figures.cases, '')] },
      { what: 'of these, not answered as documented', values: [shown(figures.wrong, '')] },
      { what: 'well-behaved clients wait, p50', values: [shown(figures.probeP50Ms, ' ms')] },
      { what: 'the same, p99', values: [shown(figures.probeP99Ms, ' ms')] },
      { what: 'and get no answer', values: [shown(figures.lost, '')] },
      { what: 'memory grows by at most', values: [shown(figures.grownMegabytes, ' MiB')] },
    ],
    targets: [
      { key: 'wrong', most: 0 },
      { key: 'lost', most: 0 },
      { key: 'probeP99Ms', most: 250 },
      { key: 'grownMegabytes', most: 64 },
    ],
    remarks: [
      'Attackers and well-behaved clients run on this machine, too. Memory is compared with that after an ordinary day: 250 clients that came, signaled and left.',
    ],
  }),
);

export const drain = trial('drain', 'a supernode with 2,000 clients is told to stop', (figures) => ({
  rows: [
    { what: 'clients', values: [shown(figures.clients, '')] },
    { what: 'it ends after', values: [shown(figures.exitMs, ' ms')] },
    { what: 'clients that are then at the other one', values: [shown(figures.moved, '')] },
    { what: 'arrivals there in the busiest second', values: [shown(figures.arrivalsPerSecondMax, '')] },
    { what: 'arrivals that were refused', values: [shown(figures.refused, '')] },
  ],
  targets: [
    { key: 'exitMs', most: 25_000 },
    { key: 'left', most: 0 },
  ],
  remarks: ['The clients are on this machine, too.'],
}));
