/** A supernode as a process of its own, on free ports of loopback, as an operator starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const UP_WITHIN_MS = 20_000;

export interface SupernodeProcess {
  readonly child: ChildProcess;
  readonly port: number;
  /** What it wrote so far, in JSON lines. */
  readonly output: { text: string };
  readonly exited: Promise<number | null>;
  /** Its figures by name, labels included. */
  metrics(): Promise<ReadonlyMap<string, number>>;
}

export async function startSupernodeProcess(args: readonly string[] = []): Promise<SupernodeProcess> {
  const metricsPort = await freePort();
  const own = ['--host', '127.0.0.1', '--port', '0', '--metrics-port', String(metricsPort)];
  const child = spawn(process.execPath, [MAIN, ...own, ...args], {
    env: { ...process.env, PORT: '', HOST: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const endIt = (): void => void child.kill('SIGKILL');
  process.once('exit', endIt);
  const exited = once(child, 'close').then(([code]) => {
    process.off('exit', endIt);
    return code as number | null;
  });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => {
      output.text += part;
    });
  const port = await upAt(child, output);
  return { child, port, output, exited, metrics: () => readMetrics(metricsPort) };
}

async function upAt(child: ChildProcess, output: { text: string }): Promise<number> {
  const untilMs = performance.now() + UP_WITHIN_MS;
  for (;;) {
    const port = /"event":"up".*?https?:\/\/[^\s"]*:(\d+)/.exec(output.text)?.[1];
    if (port !== undefined) return Number(port);
    if (child.exitCode !== null || performance.now() > untilMs)
      throw new Error(`The supernode does not come up.\n${output.text}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function readMetrics(port: number): Promise<ReadonlyMap<string, number>> {
  // A connection each time: a kept one may be closed by the supernode in the moment in which it is used again.
  const asked = get({ host: '127.0.0.1', port, path: '/metrics', agent: false });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text += part;
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('bug: it listens on a port');
  return address.port;
}
