// Supernodes of their own for each test, on a free port of loopback: the real program, as an operator starts it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pageFolder } from './built-pages.ts';

export const supernodeProgram = fileURLToPath(new URL('../../supernode/src/main.ts', import.meta.url));
const UP_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 5_000;

export interface Supernode {
  /** Where its page is, without a slash at the end. */
  readonly url: string;
  /** Its WebSocket, as `via=` in a link names it. */
  readonly socketUrl: string;
  /** What `/health` answers. */
  health(): Promise<{ status: string; connections: number; supernodes: number; streams: number }>;
  /** Asks it to stop and waits until it has. */
  stop(): Promise<void>;
  /** Ends it without a goodbye, as a crash or a power cut does. */
  kill(): Promise<void>;
}

export interface SupernodeOptions {
  /** Further flags of the program. */
  readonly flags?: readonly string[];
}

/** Resolves when it listens. Rejects with what it said if it does not come up. */
export async function startSupernode({ flags = [] }: SupernodeOptions = {}): Promise<Supernode> {
  // Node 24 runs the TypeScript as it is.
  const child = spawn(
    process.execPath,
    [
      ...[supernodeProgram, '--host', '127.0.0.1', '--port', '0', '--web-root', pageFolder, '--log', 'json'],
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  // A test or a benchmark that dies half way leaves no supernode behind.
  const endIt = () => child.kill('SIGKILL');
  process.once('exit', endIt);
  child.once('exit', () => process.off('exit', endIt));
  const url = await upAt(child).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    url,
    socketUrl: `${url.replace(/^http/, 'ws')}/link`,
    health: async () => (await fetch(`${url}/health`)).json(),
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  };
}

/** The address in the line that says it is up. */
function upAt(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    const give = (why: string) => reject(new Error(`The supernode ${why}.\n${said.join('\n')}`));
    const timer = setTimeout(() => give(`is not up after ${UP_WITHIN_MS} ms`), UP_WITHIN_MS);
    child.on('error', (error) => give(`cannot be started: ${error.message}`));
    child.on('exit', (code, signal) => give(`ended (${signal ?? code})`));
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        if (said.length < 100) said.push(line);
        const url = /"event":"up".*?(http:\/\/[^\s"]+)/.exec(line)?.[1];
        if (!url) return;
        clearTimeout(timer);
        resolve(url);
      });
    }
  });
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await gone;
  clearTimeout(timer);
}
