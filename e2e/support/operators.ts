// Supernodes of different operators that have listed each other: each has an id of its own, which it keeps over restarts.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Supernode, startSupernode, supernodeProgram } from './supernode.ts';

interface Operator {
  readonly id: string;
  readonly dataDir: string;
  /** Starts its supernode; later once more, and it is the same one. */
  start(...flags: string[]): Promise<Supernode>;
}

async function newOperator(): Promise<Operator> {
  const dataDir = await mkdtemp(join(tmpdir(), 'supernode-'));
  const { stdout } = await promisify(execFile)(process.execPath, [
    supernodeProgram,
    'id',
    '--data-dir',
    dataDir,
  ]);
  const id = stdout.split('\n')[0] ?? '';
  return {
    id,
    dataDir,
    start: (...flags) => startSupernode({ flags: ['--data-dir', dataDir, ...flags] }),
  };
}

/** Two supernodes that list each other; the second one dials the first. */
export interface LinkedSupernodes {
  readonly supernodes: readonly [Supernode, Supernode];
  /** The second one again, after it was stopped or killed. */
  restartSecond(): Promise<Supernode>;
  /** Ends what runs, and forgets both ids. */
  end(): Promise<void>;
}

export async function startLinkedSupernodes(): Promise<LinkedSupernodes> {
  const [one, two] = [await newOperator(), await newOperator()];
  const first = await one.start('--peer-id', two.id);
  const running = [first];
  const startSecond = async (): Promise<Supernode> => {
    const second = await two.start('--peer', `${first.url}#${one.id}`);
    running.push(second);
    return second;
  };
  return {
    supernodes: [first, await startSecond()],
    restartSecond: startSecond,
    end: async () => {
      for (const supernode of running) await supernode.stop();
      for (const { dataDir } of [one, two]) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
