/** The programs of this example as their user runs them: each a process with a gateway of its own, over real WebRTC on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { untilInRealTime } from '../../../shared/sim/transport-contract.ts';
import { MurmurationClient } from '../../client/murmuration-client.ts';

const bind = '127.0.0.1';
const program = fileURLToPath(new URL('main.ts', import.meta.url));
const client = new MurmurationClient();
const running = new Set<ChildProcess>();
let folder: string;
let tracker: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replication-'));
  await client.init({ bind });
  tracker = `${bind}:${(await client.hostSuper()).TCPServerPort}`;
});
afterAll(async () => {
  await Promise.all([...running].map(end));
  await client.deinit();
  rmSync(folder, { recursive: true, force: true });
});

interface Program {
  readonly process: ChildProcess;
  /** What it said, oldest first. */
  readonly lines: Record<string, unknown>[];
}

function run(...args: string[]): Program {
  const child = spawn(process.execPath, [program, ...args, '--tracker', tracker, '--bind', bind], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: folder,
    env: { ...process.env, XDG_STATE_HOME: folder },
  });
  running.add(child);
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  return { process: child, lines };
}

async function end(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  await exited;
}

const follows = ({ lines }: Program, number: number): Promise<void> =>
  untilInRealTime(() => {
    const last = lines.at(-1);
    return last?.state === 'following' && last.number === number;
  });

function rowsIn(name: string): unknown[] {
  const database = new DatabaseSync(join(folder, name), { readOnly: true });
  try {
    return database.prepare('select rowid, a from t').all();
  } finally {
    database.close();
  }
}

it('replays statements through gateways in order and once: a late joiner, one that was killed and missed some, a primary that comes back', async () => {
  const primary = run('primary', 'one.db', '--key', 'one');
  const type = (text: string): boolean => primary.process.stdin?.write(`${text}\n`) ?? false;
  await untilInRealTime(() => primary.lines.length > 0);
  const stream = String(primary.lines[0]?.stream);

  type('create table t (a)');
  type("insert into t values ('before anybody was there')");
  type('insert into t values (random())');
  await untilInRealTime(() => primary.lines.length === 4);
  expect(primary.lines[3]?.refused).toContain('random');

  const two = run('replica', 'two.db', '--stream', stream);
  const three = run('replica', 'three.db', '--stream', stream);
  await untilInRealTime(() => two.lines.length > 0 && three.lines.length > 0);
  type('snapshot');
  await Promise.all([follows(two, 2), follows(three, 2)]);
  for (let at = 0; at < 20; at++) type(`insert into t values (${at})`);
  await Promise.all([follows(two, 22), follows(three, 22)]);

  const killed = once(three.process, 'exit');
  three.process.kill('SIGKILL');
  await killed;
  running.delete(three.process);
  for (let at = 20; at < 30; at++) type(`insert into t values (${at})`);
  await follows(two, 32);
  // It catches up from the log, which the primary repeats.
  const again = run('replica', 'three.db', '--stream', stream);
  await follows(again, 32);

  await end(primary.process);
  const back = run('primary', 'one.db', '--key', 'one');
  await untilInRealTime(() => back.lines.length > 0);
  expect(back.lines[0]).toEqual({ stream, number: 32 });
  back.process.stdin?.write("insert into t values ('after')\n");
  await Promise.all([follows(two, 33), follows(again, 33)]);

  await Promise.all([back, two, again].map((each) => end(each.process)));
  const programs = [primary, back, two, again];
  expect(programs.map((each) => each.process.exitCode)).toEqual([0, 0, 0, 0]);
  expect(rowsIn('one.db')).toHaveLength(32);
  expect([rowsIn('two.db'), rowsIn('three.db')]).toEqual([rowsIn('one.db'), rowsIn('one.db')]);
});

it('tells its usage to whoever leaves something out', async () => {
  const wrong = spawn(process.execPath, [program, 'replica', 'x.db'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(wrong, 'exit');
  const [line] = (await once(createInterface({ input: wrong.stderr }), 'line')) as [string];
  expect(line).toContain('usage: ');
  expect((await exited)[0]).toBe(2);
});
