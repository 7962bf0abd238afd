/** Supernodes whose operators have listed each other, as processes of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadIdentity } from '../src/settings/identity.ts';
import { type SupernodeProcess, startSupernodeProcess } from './supernode-process.ts';

/** A supernode that has an id, and may not be running. */
export interface Operator {
  readonly id: string;
  readonly dataDir: string;
  /** Starts it; once more after it has ended: it is the same supernode then. */
  start(...flags: string[]): Promise<SupernodeProcess>;
  /** Ends it and forgets its id. */
  end(): Promise<void>;
}

export async function newOperator(): Promise<Operator> {
  const dataDir = await mkdtemp(join(tmpdir(), 'supernode-'));
  const { id } = await loadIdentity({ dataDir, identity: undefined });
  let running: SupernodeProcess | undefined;
  return {
    id,
    dataDir,
    start: async (...flags) => {
      running = await startSupernodeProcess(['--data-dir', dataDir, ...flags]);
      return running;
    },
    end: async () => {
      running?.child.kill('SIGKILL');
      await running?.exited;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The value of `--peer` for a supernode that runs. */
export const peerFlag = ({ id }: Operator, { port }: SupernodeProcess): string =>
  `ws://127.0.0.1:${port}#${id}`;
