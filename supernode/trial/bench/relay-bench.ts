/**
 * What a relayed signal of 1 kB costs the supernode in CPU, beside the least that a relay can be, in one run and by turns: shared
 * machines are noisy. Closed loop: every client sends its next signal when its partner's has come. Besides, what a connection costs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encodeMessage } from '@murmuration/shared/wire/codec.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { WebSocket } from 'ws';
import { startSupernodeProcess } from '../supernode-process.ts';
import { TrialClient } from '../trial-client.ts';

const CONNECTIONS = 2_000;
const SIGNAL_BYTES = 1_000;
const TURNS = 3;
const TURN_MS = 5_000;
const JOIN_BATCH = 50;
/** Clock ticks of Linux in /proc, each 10 ms. */
const TICK_MICROS = 10_000;
/** All clients have one address here; what a client may do in a second is as usual. */
const ROOM = ['--max-connections', '4000', '--max-per-address', '4000', '--max-sockets-per-address', '5000'];
const HEARD: ReadonlySet<number> = new Set([MessageType.hello, MessageType.ping]);

/** One system under test: its clients, and how each of them sends a signal to its partner. */
interface Contender {
  readonly name: string;
  readonly pid: number;
  readonly send: readonly (() => void)[];
  /** Told of each signal that arrives: by whom it can be answered. */
  arrived: (client: number) => void;
  /** Resident memory without and with its idle connections, bytes; what a handshake cost, microseconds of CPU. */
  readonly idleBytes: number;
  readonly handshakeMicros: number;
  end(): void;
}

export interface RelayResult {
  readonly signalsOurs: number;
  readonly microsOurs: number;
  readonly microsBare: number;
  readonly ratioToBareWs: number;
  readonly idleKilobytes: number;
  readonly handshakeMicros: number;
}

const cpuMicros = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
};
const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;

/** Opens all connections in batches; what they cost in memory and CPU. */
async function connectAll<T>(pid: number, open: () => Promise<T>) {
  const [memory, cpu] = [residentBytes(pid), cpuMicros(pid)];
  const all: T[] = [];
  while (all.length < CONNECTIONS) {
    all.push(...(await Promise.all(Array.from({ length: JOIN_BATCH }, open))));
    await sleep(300);
  }
  const handshakeMicros = (cpuMicros(pid) - cpu) / CONNECTIONS;
  return { all, handshakeMicros, idleBytes: (residentBytes(pid) - memory) / CONNECTIONS };
}

const partnerOf = (client: number): number => client ^ 1;

async function ours(): Promise<Contender> {
  const { port, child } = await startSupernodeProcess(ROOM);
  const pid = child.pid ?? 0;
  const { all, ...costs } = await connectAll(pid, () => TrialClient.open(port, { hears: HEARD }));
  const payload = new Uint8Array(SIGNAL_BYTES);
  const packets = all.map(({ identity }, client) => {
    const to = all[partnerOf(client)]?.identity.peer ?? identity.peer;
    return encodeMessage(identity.signal(to, payload));
  });
  const contender: Contender = {
    name: 'supernode',
    pid,
    ...costs,
    send: all.map((client, at) => () => client.sendBytes(packets[at] as Uint8Array)),
    arrived: () => undefined,
    end: () => {
      child.kill('SIGKILL');
      for (const client of all) client.end();
    },
  };
  for (const [at, { socket }] of all.entries())
    socket.on('message', (data: Buffer) => data[0] === MessageType.signal && contender.arrived(at));
  return contender;
}

async function bare(): Promise<Contender> {
  const program = fileURLToPath(new URL('./bare-relay.ts', import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const open = async (): Promise<{ socket: WebSocket; number: number }> => {
    const socket = new WebSocket(`ws://127.0.0.1:${Number(line)}`, { perMessageDeflate: false });
    const [number] = await once(socket, 'message');
    return { socket, number: Number(String(number)) };
  };
  const { all, ...costs } = await connectAll(pid, open);
  const contender: Contender = {
    name: 'bare ws',
    pid,
    ...costs,
    send: all.map(({ socket }, at) => {
      const packet = Buffer.alloc(SIGNAL_BYTES + 4);
      packet.writeUInt32BE(all[partnerOf(at)]?.number ?? 0, 0);
      return () => socket.send(packet);
    }),
    arrived: () => undefined,
    end: () => {
      child.kill('SIGKILL');
      for (const { socket } of all) socket.terminate();
    },
  };
  for (const [at, { socket }] of all.entries()) socket.on('message', () => contender.arrived(at));
  return contender;
}

/** One turn of the closed loop: signals that arrived, and CPU that the server took. */
async function turn(contender: Contender): Promise<{ signals: number; micros: number }> {
  let [signals, running] = [0, true];
  contender.arrived = (client) => {
    signals++;
    if (running) contender.send[client]?.();
  };
  const before = cpuMicros(contender.pid);
  for (let client = 0; client < CONNECTIONS; client += 2) contender.send[client]?.();
  await sleep(TURN_MS);
  running = false;
  // What is under way still arrives, and was paid for.
  await sleep(500);
  return { signals, micros: cpuMicros(contender.pid) - before };
}

export async function runRelayBench(progress: (line: string) => void): Promise<RelayResult> {
  const contenders = [await ours(), await bare()];
  const totals = contenders.map(() => ({ signals: 0, micros: 0 }));
  try {
    for (let at = 0; at < TURNS; at++) {
      for (const [who, contender] of contenders.entries()) {
        const { signals, micros } = await turn(contender);
        const total = totals[who];
        if (total === undefined) continue;
        total.signals += signals;
        total.micros += micros;
        progress(`${contender.name}: ${signals} signals, ${(micros / signals).toFixed(1)} µs each`);
      }
    }
  } finally {
    for (const contender of contenders) contender.end();
  }
  const [own, plain] = totals.map(({ signals, micros }) => micros / signals);
  return {
    signalsOurs: totals[0]?.signals ?? 0,
    microsOurs: own ?? Number.NaN,
    microsBare: plain ?? Number.NaN,
    ratioToBareWs: (plain ?? Number.NaN) / (own ?? Number.NaN),
    idleKilobytes: (contenders[0]?.idleBytes ?? Number.NaN) / 1_024,
    handshakeMicros: contenders[0]?.handshakeMicros ?? Number.NaN,
  };
}
