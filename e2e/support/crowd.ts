// A large network that is not there, told to a supernode by another program that speaks the protocol between supernodes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../supernode/trial/crowd/main.ts', import.meta.url));

/** Flags of a supernode that lets the crowd's own supernode in, which has the same id each time. */
export const crowdFlags = (): string[] => [
  '--data-dir',
  mkdtempSync(join(tmpdir(), 'crowded-')),
  '--peer-id',
  '_oEsEvOrTOasXbaaw1L5BssbEe8',
];

export interface Crowd {
  readonly members: number;
  readonly links: number;
  readonly supernodes: number;
  /** The largest first. Names as the monitor shows them. */
  readonly streams: readonly { readonly name: string; readonly host: string; readonly members: number }[];
  stop(): Promise<void>;
}

export interface CrowdOptions {
  readonly nodes?: number;
  readonly links?: number;
  /** Comings and goings a second. Default none. */
  readonly churn?: number;
  /** Draws who is linked with whom. Default 1. */
  readonly seed?: number;
}

/** Resolves when the supernode at this address has been told of everybody. */
export async function startCrowd(url: string, options: CrowdOptions = {}): Promise<Crowd> {
  const { nodes = 2_000, links = 10_000, churn = 0, seed = 1 } = options;
  const flags = { port: new URL(url).port, nodes, links, churn, seed };
  const child = spawn(
    process.execPath,
    [program, ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const endIt = () => child.kill('SIGKILL');
  process.once('exit', endIt);
  const gone = once(child, 'exit').then(() => process.off('exit', endIt));
  const said = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    gone.then(() => {
      throw new Error('The crowd did not come up.');
    }),
  ]);
  return {
    ...(JSON.parse(String(said[0])) as Omit<Crowd, 'stop'>),
    stop: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
