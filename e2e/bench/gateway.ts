// Streams of messages through the REST gateway, beside the figures of the thesis and beside a raw data channel.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './report.ts';
import { rounded } from './statistics.ts';

const program = fileURLToPath(new URL('../../supernode/trial/gateway/gateway-bench.ts', import.meta.url));
/** Thesis 4.2, on separate machines with 30 MB/s of upload. */
const THESIS = { messagesPerSecond: 14.68, megabytesPerSecond: 0.917, latencyMs: 3.6, lossPercent: 0 };

const shown = (figure: number | undefined, unit: string): string =>
  figure === undefined || Number.isNaN(figure) ? '–' : `${rounded(figure, 2)}${unit}`;

export const gateway: Benchmark = {
  summary: 'messages through the REST gateway: one host, three members, each in a process of its own',
  run: async (progress) => {
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let last = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) progress(line);
      last = line;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error('The measurement broke off.');
    const figures = JSON.parse(last) as Record<string, number>;
    const row = (what: string, key: string) => ({
      what,
      values: [
        shown(figures[`${key}MessagesPerSecond`] ?? figures.messagesPerSecond, ''),
        shown(figures[`${key}MegabytesPerSecond`] ?? figures.megabytesPerSecond, ''),
        shown(figures[`${key}LatencyP50Ms`] ?? figures.latencyP50Ms, ' ms'),
        shown(figures[`${key}LatencyP99Ms`] ?? figures.latencyP99Ms, ' ms'),
        shown(100 * (figures[`${key}LossRatio`] ?? figures.lossRatio ?? Number.NaN), '%'),
      ],
    });
    return {
      title: 'Messages through the REST gateway',
      columns: ['messages/s', 'MB/s', 'latency p50', 'p99', 'lost'],
      rows: [
        row('65,000 bytes at the thesis’ pace', 'paced'),
        {
          what: 'the thesis (latency: mean)',
          values: [
            shown(THESIS.messagesPerSecond, ''),
            shown(THESIS.megabytesPerSecond, ''),
            shown(THESIS.latencyMs, ' ms'),
            '–',
            shown(THESIS.lossPercent, '%'),
          ],
        },
        row('65,000 bytes, as fast as it goes', 'flatOut65kB'),
        row('1,000 bytes, as fast as it goes', 'flatOut1kB'),
        row('262,144 bytes, as fast as it goes', 'flatOut256kB'),
        {
          what: 'one raw data channel',
          values: ['–', shown(figures.rawMegabytesPerSecond, ''), '–', '–', '–'],
        },
      ],
      remarks: [
        'Rates are each member’s; latency is from feed to callback. Four gateways and the program that feeds and reads them share this machine.',
        'As fast as it goes, latency is mostly the wait in the host’s queue: a host hands on 4 MiB/s and 512 frames a second at most, small messages bundled (publish-queue.ts).',
      ],
      figures,
      targets: [
        { key: 'lossRatio', most: 0 },
        { key: 'messagesPerSecond', least: 0.95 * THESIS.messagesPerSecond },
        { key: 'flatOut65kBLossRatio', most: 0 },
        { key: 'flatOut1kBLossRatio', most: 0 },
        { key: 'flatOut256kBLossRatio', most: 0 },
      ],
    };
  },
};
