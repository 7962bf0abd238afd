/** For tests: the programs of this repository as people start them, processes of their own on loopback, of which none outlives its test. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MURMURATION = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const SUPERNODE = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface Program {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it wrote so far. */
  readonly output: { out: string; err: string };
  /** Its exit code; null after a signal. */
  readonly exited: Promise<number | null>;
}

export interface RunningSupernode extends Program {
  readonly port: number;
  /** As flags and links name it. */
  readonly address: string;
}

const UP_WITHIN_MS = 30_000;
const UP_CHECK_MS = 5;

const running = new Set<ChildProcessWithoutNullStreams>();

/** The command line `murmuration`. */
export const startMurmuration = (...words: string[]): Program => start(MURMURATION, words);

/** The supernode's own program. */
export const startSupernodeProgram = (words: readonly string[], environment = {}): Program =>
  start(SUPERNODE, words, environment);

/** A supernode on a free port, as it is when it has come up. */
export async function runningSupernode(...words: string[]): Promise<RunningSupernode> {
  const own = ['--port', '0', '--metrics-port', '0', '--log', 'text'];
  const program = startMurmuration('supernode', ...own, ...words);
  const untilMs = performance.now() + UP_WITHIN_MS;
  for (;;) {
    const port = Number(/open http:\/\/\S+?:(\d+)/.exec(program.output.out)?.[1]);
    if (port > 0) return { ...program, port, address: `127.0.0.1:${port}` };
    if (performance.now() > untilMs) throw new Error(`The supernode does not come up: ${program.output.err}`);
    await new Promise((resolve) => setTimeout(resolve, UP_CHECK_MS));
  }
}

/** For `afterEach`. */
export function endPrograms(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}

/** A line of JSON; -1: the last one. */
export const lineOf = ({ output }: Program, at: number) =>
  JSON.parse(output.out.trim().split('\n').at(at) as string);

function start(main: string, words: readonly string[], environment: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [main, ...words], {
    env: { ...process.env, PORT: '', HOST: '127.0.0.1', MURMURATION_MONITOR_TOKEN: '', ...environment },
  });
  running.add(child);
  const output = { out: '', err: '' };
  child.stdout.on('data', (part) => {
    output.out += part;
  });
  child.stderr.on('data', (part) => {
    output.err += part;
  });
  const exited = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, output, exited };
}
