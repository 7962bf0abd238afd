/** The history of the monitor on disk: it survives restarts, crashes in the middle of a word, and files that are something else. */
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MonitorPoint } from '@murmuration/shared/monitor/feed-messages.ts';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { checkHistoryFile, HistoryFile } from './history-file.ts';
import { MonitorError } from './monitor-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'history-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (): string => join(folder, `history-${files++}`);

const none = { mean: 0, max: 0 };
const counts = {
  members: 0,
  internalRelations: 0,
  externalConnections: 0,
  innerPerMember: none,
  outerPerMember: none,
};
const point = (at: number): MonitorPoint => ({
  atMs: 1_700_000_000_000 + at * 2_000,
  statistics: {
    ...{ activeNodes: at, supernodes: 1, connections: 2 * at, subnetworks: 1 },
    listed: [
      {
        stream: 'abcdef',
        ...counts,
        members: at,
        neighbours: [],
        otherNeighbours: { subnetworks: 0, connections: 0 },
      },
    ],
    rest: { ...counts, subnetworks: 0 },
  },
});
const points = (from: number, to: number): MonitorPoint[] =>
  Array.from({ length: to - from }, (_, n) => point(from + n));

function reread(path: string): MonitorPoint[] {
  const file = new HistoryFile(path);
  try {
    return file.read();
  } finally {
    file.close();
  }
}

test('what was appended is there in the next life', () => {
  const path = fresh();
  for (const [from, to] of [
    [0, 3],
    [3, 150],
    [150, 151],
  ] as const) {
    const file = new HistoryFile(path);
    file.append(points(from, to));
    file.close();
  }
  expect(reread(path)).toEqual(points(0, 151));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('what a crash cut short is passed over, and what was whole before it is kept', () => {
  const path = fresh();
  const file = new HistoryFile(path);
  file.append(points(0, 10));
  const { size } = statSync(path);
  file.append(points(10, 20));
  file.close();
  truncateSync(path, statSync(path).size - 1);
  expect(reread(path)).toEqual(points(0, 10));
  truncateSync(path, size + 3);
  expect(reread(path)).toEqual(points(0, 10));
  const bytes = readFileSync(path);
  bytes[size - 4] = (bytes[size - 4] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  expect(reread(path)).toEqual([]);
});

test('it is written anew with what is kept, and goes on', () => {
  const path = fresh();
  const file = new HistoryFile(path, { compactBytes: 20_000, bytesMax: 100_000 });
  let at = 0;
  for (; !file.isLarge; at += 15) file.append(points(at, at + 15));
  file.compact(points(at - 20, at));
  expect(file.isLarge).toBe(false);
  expect(statSync(path).size).toBeLessThan(2_000);
  file.append(points(at, at + 5));
  file.close();
  expect(reread(path)).toEqual(points(at - 20, at + 5));
});

test('it has a size that it never exceeds', () => {
  const path = fresh();
  const file = new HistoryFile(path, { compactBytes: 1e9, bytesMax: 10_000 });
  for (let at = 0; at < 1_000; at++) file.append(points(0, 64));
  file.close();
  expect(statSync(path).size).toBeLessThan(20_000);
});

test('a file that is something else is refused and left alone, and so is a folder that is not there', () => {
  const path = fresh();
  writeFileSync(path, 'letters to my aunt');
  expect(() => reread(path)).toThrow(MonitorError);
  expect(readFileSync(path, 'utf8')).toBe('letters to my aunt');
  expect(() => new HistoryFile(join(folder, 'missing', 'file'))).toThrow(/writable/);
});

test('what can be used is known before it is used, and nothing is made by asking', () => {
  const path = fresh();
  checkHistoryFile(path);
  expect(existsSync(path)).toBe(false);
  new HistoryFile(path).close();
  checkHistoryFile(path);
  writeFileSync(path, 'letters to my aunt');
  expect(() => checkHistoryFile(path)).toThrow(/no history/);
  expect(() => checkHistoryFile(join(folder, 'missing', 'file'))).toThrow(/writable/);
});

test('whatever stands in the file behind its name, reading ends without an error', () => {
  const path = fresh();
  new HistoryFile(path).close();
  const { size } = statSync(path);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
      truncateSync(path, size);
      appendFileSync(path, noise);
      expect(reread(path)).toEqual([]);
    }),
  );
});
