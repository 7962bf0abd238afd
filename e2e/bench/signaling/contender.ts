// One signaling server in a process of its own, and a second process that is all of its clients.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const PROBE = new URL('./probe.ts', import.meta.url).href;
const SUPERNODE = pathOf('../../../supernode/src/main.ts');
const LOAD = pathOf('../../../supernode/trial/load/main.ts');
const UP_WITHIN_MS = 20_000;

/** All clients have one address, and what a client may do in a second is not what is measured: the limits count, but let all pass. */
const ROOM = Object.entries({
  'max-connections': 20_000,
  'max-per-address': 20_000,
  'max-sockets-per-address': 20_000,
  'upgrades-per-second': 5_000,
  'upgrades-burst': 20_000,
  'packets-per-second': 100_000,
  'packets-burst': 200_000,
  'bytes-per-second': 500_000_000,
  'bytes-burst': 900_000_000,
  'signals-per-second': 100_000,
  'signals-burst': 200_000,
  'pair-signals-per-second': 100_000,
  'pair-signals-burst': 200_000,
  'redirects-per-second': 10_000,
  'redirects-burst': 10_000,
}).flatMap(([name, value]) => [`--${name}`, String(value)]);

process.setMaxListeners(50);

/** A kind of server: what its clients speak, and what the table calls it. */
export interface ServerKind {
  readonly key: 'supernode' | 'bare' | 'peer' | 'tracker' | 'topics';
  readonly name: string;
  readonly program: (port: number) => readonly string[];
}

const other = (key: ServerKind['key'], name: string): ServerKind => ({
  key,
  name,
  program: (port) => [pathOf(`./servers/${key}.ts`), String(port)],
});

export const OURS: ServerKind = {
  key: 'supernode',
  name: 'supernode',
  program: (port) => [SUPERNODE, '--host', '127.0.0.1', '--port', String(port), '--log', 'json', ...ROOM],
};
export const ALL: readonly ServerKind[] = [
  OURS,
  other('bare', 'bare ws'),
  other('peer', 'peer'),
  other('tracker', 'bittorrent-tracker'),
  other('topics', 'y-webrtc'),
];

/** What a server's process has used up. `heldBytes`: objects and buffers. Resident memory counts what is kept for later, too. */
export interface Usage {
  readonly cpuMicros: number;
  readonly residentBytes: number;
  readonly heldBytes: number;
}

/** Clients of one server, in a process of their own. */
export class Clients {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** `kind`: see supernode/trial/load/clients.ts. */
  constructor(kind: string, port: number) {
    this.#child = startNode([LOAD, kind, String(port)], 'pipe');
    const lines: Interface = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async #ask(order: object): Promise<Record<string, unknown>> {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    const { value } = await this.#lines.next();
    const answer = JSON.parse(String(value ?? '{"error":"the clients died"}')) as Record<string, unknown>;
    if (answer.error !== undefined) throw new Error(String(answer.error));
    return answer;
  }

  async join(count: number, swarms: number): Promise<void> {
    await this.#ask({ do: 'join', count, swarms });
  }

  async leave(): Promise<void> {
    await this.#ask({ do: 'leave' });
  }

  /** How many signals arrived. */
  async closedLoop(signals: number, ms: number, pairs: number): Promise<number> {
    return (await this.#ask({ do: 'closed', signals, ms, pairs })).signals as number;
  }

  async openLoop(ms: number, perSecond: number): Promise<number> {
    return (await this.#ask({ do: 'open', ms, perSecond })).signals as number;
  }

  async redirects(count: number, everyMs: number): Promise<number[]> {
    return (await this.#ask({ do: 'redirects', count, everyMs })).latenciesMs as number[];
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

/** With its Prometheus metrics at that port. */
export const oursWithMetrics = (metricsPort: number): ServerKind => ({
  ...OURS,
  program: (port) => [...OURS.program(port), '--metrics-port', String(metricsPort)],
});

export class Contender {
  readonly kind: ServerKind;
  readonly port: number;
  readonly #server: ChildProcess;
  readonly #clients: Clients[] = [];

  private constructor(kind: ServerKind, port: number) {
    this.kind = kind;
    this.port = port;
    this.#server = startNode(['--expose-gc', '--import', PROBE, ...kind.program(port)], 'ipc');
  }

  /** Resolves when it listens. */
  static async start(kind: ServerKind): Promise<Contender> {
    const contender = new Contender(kind, await freePort());
    await contender.#up();
    return contender;
  }

  async #up(): Promise<void> {
    for (let waitedMs = 0; waitedMs < UP_WITHIN_MS && this.#server.exitCode === null; waitedMs += 50) {
      if (await listens(this.port)) return;
      await sleep(50);
    }
    this.end();
    throw new Error(`${this.kind.name} does not come up`);
  }

  clients(speaking: string = this.kind.key): Clients {
    const clients = new Clients(speaking, this.port);
    this.#clients.push(clients);
    return clients;
  }

  /** After all garbage was collected, or as it is. */
  async usage(what: 'collect' | 'as it is' = 'as it is'): Promise<Usage> {
    this.#server.send(what);
    const [usage] = (await once(this.#server, 'message')) as [Usage];
    return usage;
  }

  end(): void {
    for (const clients of this.#clients) clients.end();
    this.#server.kill('SIGKILL');
  }
}

function startNode(args: readonly string[], how: 'ipc' | 'pipe'): ChildProcess {
  const stdio =
    how === 'ipc'
      ? (['ignore', 'ignore', 'inherit', 'ipc'] as const)
      : (['pipe', 'pipe', 'inherit'] as const);
  const child = spawn(process.execPath, args, {
    stdio: [...stdio],
    env: { ...process.env, PORT: '', HOST: '' },
  });
  const endIt = (): void => void child.kill('SIGKILL');
  process.once('exit', endIt);
  child.once('exit', () => process.off('exit', endIt));
  return child;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('bug: it listens on a port');
  return address.port;
}
