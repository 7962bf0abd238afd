import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SubnetworkStatistics } from '@murmuration/shared/graph/statistics.ts';
import type { MonitorPoint } from '@murmuration/shared/monitor/feed-messages.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { endPrograms, runningSupernode, startMurmuration } from '../../../trial/programs.ts';
import { asJson, asLine, figures } from './figures.ts';
import { monitorScreen, sparkline } from './screen.ts';

const subnetwork = (stream: string, members: number, inner: number): SubnetworkStatistics<string> => ({
  stream,
  members,
  internalRelations: 10 * members,
  externalConnections: members,
  innerPerMember: { mean: inner, max: 8 },
  outerPerMember: { mean: 0.5, max: 2 },
  neighbours: [{ stream: 'zzzzzz', connections: members }],
  otherNeighbours: { subnetworks: 2, connections: 3 },
});
const point = (atMs: number, activeNodes: number): MonitorPoint => ({
  atMs,
  statistics: {
    activeNodes,
    supernodes: 2,
    connections: 7,
    subnetworks: 3,
    listed: [subnetwork('aaaaaa', 3, 4), subnetwork('bbbbbb', 1, 2)],
    rest: {
      subnetworks: 1,
      members: 4,
      internalRelations: 5,
      externalConnections: 6,
      innerPerMember: { mean: 1, max: 1 },
      outerPerMember: { mean: 0, max: 0 },
    },
  },
});
const noon = Date.UTC(2026, 10, 22, 12);
const view = {
  address: 'birds.example',
  state: 'open',
  points: [point(noon - 300_000, 2), point(noon, 8)],
} as const;

describe('the figures of the monitor', () => {
  it('are the eight of the thesis, of the whole network', () => {
    const values = figures.map(({ key, of }) => [key, of(point(noon, 8))]);
    expect(Object.fromEntries(values)).toEqual({
      activeNodes: 8,
      connections: 7,
      subnetworks: 3,
      internalRelations: 45,
      externalConnections: 10,
      innerLinksPerMember: (3 * 4 + 1 * 2 + 4 * 1) / 8,
      outerLinksPerMember: (3 * 0.5 + 1 * 0.5) / 8,
      neighbourLinksMax: 3,
    });
  });

  it('of an empty network are zero', () => {
    const nobody = { mean: 0, max: 0 };
    const counts = { members: 0, internalRelations: 0, externalConnections: 0 };
    const rest = { ...counts, subnetworks: 0, innerPerMember: nobody, outerPerMember: nobody };
    const none = { activeNodes: 0, supernodes: 1, connections: 0, subnetworks: 0, listed: [], rest };
    expect(figures.map(({ of }) => of({ atMs: 0, statistics: none }))).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('are one line for a log, and one object for programs', () => {
    expect(asLine(point(noon, 8))).toMatch(
      /^2026-11-22T12:00:00\.000Z activeNodes=8 connections=7 .* supernodes=2$/,
    );
    expect(asJson(point(noon, 8))).toMatchObject({
      at: '2026-11-22T12:00:00.000Z',
      innerLinksPerMember: 2.25,
    });
  });
});

describe('the screen of the monitor', () => {
  it('shows counts, their past, and the streams', () => {
    const lines = monitorScreen(view, { columns: 110, rows: 40, colour: false });
    expect(lines[0]).toBe('Murmuration birds.example  live  12:00:00');
    expect(lines.find((line) => line.startsWith('Active nodes'))).toMatch(/ 8 {2} +▃ +█$/);
    expect(lines.find((line) => line.startsWith('aaaaaa'))).toMatch(
      / 3 +30 +3 +4\.0 \(max 8\) +0\.5 \(max 2\) {2}zzzzzz 3, \+ 2: 3$/,
    );
    expect(lines.find((line) => line.startsWith('+ 1'))).toMatch(/ 4 +5 +6 /);
    expect(lines.at(-1)).toBe('q or Ctrl-C ends it');
  });

  it('never leaves its size, coloured or not', () => {
    for (const columns of [1, 20, 34, 35, 80])
      for (const rows of [1, 3, 12, 24])
        for (const colour of [false, true]) {
          const lines = monitorScreen(view, { columns, rows, colour });
          expect(lines.length).toBeLessThanOrEqual(rows);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
          const bare = lines.map((line) => line.replaceAll(/\x1b\[\d+m/g, ''));
          expect(Math.max(...bare.map((line) => line.length))).toBeLessThanOrEqual(columns);
          expect(lines.join('').includes('\x1b')).toBe(colour);
        }
  });

  it('says when nothing is known, nobody is live, or the supernode is gone', () => {
    const size = { columns: 80, rows: 24, colour: false };
    const lost = monitorScreen({ ...view, state: 'lost' }, size);
    expect(lost[0]).toContain('connection lost, trying again');
    expect(monitorScreen({ ...view, state: 'connecting', points: [] }, size).join()).toContain(
      'Nothing has been told',
    );
    const quiet = { ...point(noon, 0).statistics, listed: [] };
    expect(monitorScreen({ ...view, points: [{ atMs: noon, statistics: quiet }] }, size).join()).toContain(
      'No stream',
    );
  });

  it('draws ten minutes, the newest at the right, from zero to the most', () => {
    const points = [0, 4, 8].map((nodes, at) => point(noon - (2 - at) * 60_000, nodes));
    const of = ({ statistics }: MonitorPoint): number => statistics.activeNodes;
    expect(sparkline(points, of, noon, 10)).toBe('       ▁▅█');
    expect(sparkline([point(noon - 11 * 60_000, 5), point(noon, 0)], of, noon, 4)).toBe('   ▁');
    expect(sparkline(points, of, noon, 0)).toBe('');
  });
});

describe('murmuration monitor', () => {
  afterEach(endPrograms);

  it('shows the network to whoever has the token, and says what is wrong to others', {
    timeout: 90_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
    const [right, wrong] = [join(folder, 'right'), join(folder, 'wrong')];
    await writeFile(right, '0123456789abcdef\n');
    await writeFile(wrong, 'fedcba9876543210\n');
    const guarded = ['--monitor', 'token', '--monitor-token-file', right];
    const { address } = await runningSupernode(...guarded);
    const [seen, refused, nothing, off] = [
      startMurmuration('monitor', address, '--once', '--json', '--token-file', right),
      startMurmuration('monitor', address, '--token-file', wrong),
      startMurmuration('monitor', address),
      startMurmuration('monitor', '127.0.0.1:9'),
    ];
    expect(await seen.exited).toBe(0);
    expect(seen.output.out.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(seen.output.out)).toMatchObject({ activeNodes: 0, subnetworks: 0, listed: [] });
    expect([await refused.exited, await nothing.exited, await off.exited]).toEqual([1, 1, 3]);
    expect(refused.output.err).toContain('does not take this token');
    expect(nothing.output.err).toContain('--token-file');
    expect(off.output.err).toContain('No supernode answered');
    await rm(folder, { recursive: true });
  });

  it.each([[['a', 'b']], [['a b']], [['--loud']], [['--token-file', '/no/such']], [['--seconds', 'x']]])(
    'takes no %j',
    async (args) => {
      const { output, exited } = startMurmuration('monitor', ...args);
      expect([await exited, output.out]).toEqual([2, '']);
      expect(output.err).toMatch(/Try --help\.\n$/);
    },
  );
});
