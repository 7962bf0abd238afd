// A real TURN server, coturn, on loopback, with credentials that expire.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = 'turnserver';
const SECRET = 'only the supernode and coturn know this';
const UP_WITHIN_MS = 10_000;

export interface TurnServer {
  /** What a supernode is told. */
  readonly flags: readonly string[];
  stop(): Promise<void>;
}

/** Whether coturn is here (Debian, Ubuntu: apt-get install coturn). */
export const hasTurnServer = (): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

export async function startTurnServer(): Promise<TurnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'turn-'));
  const secretFile = join(folder, 'secret');
  await writeFile(secretFile, SECRET, { mode: 0o600 });
  const port = await freePort();
  const child = spawn(
    program,
    [
      ...['-n', '--no-cli', '--no-tls', '--no-dtls', '--fingerprint', '--log-file', 'stdout', '--simple-log'],
      ...['--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '--allow-loopback-peers'],
      ...['--listening-port', String(port), '--realm', 'test.example', '--pidfile', join(folder, 'pid')],
      ...['--userdb', join(folder, 'users'), '--use-auth-secret', '--static-auth-secret', SECRET],
    ],
    { stdio: 'ignore' },
  );
  const endIt = () => child.kill('SIGKILL');
  process.once('exit', endIt);
  await listening(port);
  return {
    flags: [
      ...['--ice-server', `turn:127.0.0.1:${port}?transport=udp`],
      ...['--ice-server', `turn:127.0.0.1:${port}?transport=tcp`],
      ...['--turn-secret-file', secretFile],
    ],
    stop: async () => {
      process.off('exit', endIt);
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true });
    },
  };
}

/** It says nothing that can be relied on; so it is asked by connecting. */
async function listening(port: number): Promise<void> {
  const untilMs = performance.now() + UP_WITHIN_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    if (performance.now() > untilMs) throw new Error('coturn does not come up.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
