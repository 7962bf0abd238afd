/**
 * Streams of messages for a program, through a gateway that this starts: the seven methods of the thesis' wrapper (3.5.4). Needs only
 * Node.js from 22 on.
 *
 *     const client = new MurmurationClient();
 *     await client.init();
 *     const { TCPServerPort } = await client.hostSuper();
 *     const host = await client.host([`127.0.0.1:${TCPServerPort}`], 65_000);
 *     await client.join([`127.0.0.1:${TCPServerPort}`], host.ResourceID, (message) => console.log(message.toString()));
 *     await client.feedData(host.InstanceID, Buffer.from('hello'));
 *
 * A stream whose largest message fits a datagram goes through UDP ports, as in the thesis; one with larger messages, and one of an instance
 * for which that was asked, goes through WebSockets, which also slow down whoever feeds too fast and tell gaps.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const LOOPBACK = '127.0.0.1';
const DATAGRAM_BYTES_MAX = 65_507;
/** Messages that are asked for in advance, and how often that is said again while none comes, in ms. */
const ASKED = 2;
const ASK_AGAIN_MS = 500;
const PING_EVERY_MS = 50;
const READY_WITHIN_MS = 20_000;
/** A gateway that has not ended by then is killed. */
const STOP_WITHIN_MS = 15_000;
/** `feedData` waits while so many bytes have not left a WebSocket; looked at so often. */
const UNSENT_BYTES_MAX = 1024 * 1024;
const UNSENT_CHECK_MS = 2;

/** What the gateway answers: see its /openapi.json. */
export interface InstanceAnswer {
  readonly Success: boolean;
  readonly InstanceID: string;
  readonly TCPServerPort: number;
  readonly UDPServerPort: number;
  readonly ResourceID: string;
  readonly MaxResourceSize: number;
}

export interface InitOptions {
  /** Program and arguments that start a gateway. Default: the one beside this file. */
  readonly command?: readonly string[];
  /** The address on which peers are linked; default all. */
  readonly bind?: string;
}

export interface InstanceOptions {
  /** Goes through a WebSocket even if its messages fit datagrams. */
  readonly webSocket?: boolean;
  /** Members, by WebSocket: messages were missed for good, before the next one. */
  readonly onGap?: () => void;
}

export interface HostOptions extends InstanceOptions {
  /** Letters, digits, _ and -: the gateway keeps the stream's key under this name, and the stream has the same id next time. */
  readonly key?: string;
}

/** The gateway did not start, or does not take a call. `message` says what to do. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
}

interface Instance {
  feed(data: Uint8Array): Promise<void>;
  close(): void;
}

export class MurmurationClient {
  #gateway: ChildProcess | undefined;
  #port = 0;
  #socket: Socket | undefined;
  readonly #instances = new Map<string, Instance>();

  /** Starts a gateway, waits until it answers, and opens the UDP socket that feeds go through. */
  async init({ command = ownGateway(), bind }: InitOptions = {}): Promise<void> {
    if (this.#gateway !== undefined) throw new ClientError('init was called already. Call deinit first.');
    const [program = '', ...args] = command;
    const gateway = spawn(
      program,
      [...args, '--port', '0', '--until-eof', ...(bind === undefined ? [] : ['--bind', bind])],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.#gateway = gateway;
    try {
      this.#port = await portOf(gateway);
      await this.#answering();
    } catch (error) {
      this.#gateway = undefined;
      gateway.kill();
      throw error;
    }
    this.#socket = createSocket('udp4').bind(0, LOOPBACK);
    await once(this.#socket, 'listening');
  }

  /** Closes everything: the gateway stops its instances and ends. */
  async deinit(): Promise<void> {
    for (const instance of this.#instances.values()) instance.close();
    this.#instances.clear();
    this.#socket?.close();
    this.#socket = undefined;
    const gateway = this.#gateway;
    this.#gateway = undefined;
    if (gateway === undefined || gateway.exitCode !== null) return;
    const exited = once(gateway, 'exit');
    gateway.stdin?.end();
    const timer = setTimeout(() => gateway.kill('SIGKILL'), STOP_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  }

  /** Starts a supernode. @param port 0: any that is free */
  hostSuper(port = 0, trackers: readonly string[] = []): Promise<InstanceAnswer> {
    return this.#call('/host-super', { Trackers: trackers, Port: port });
  }

  /**
   * Hosts a stream.
   * @param trackers supernodes, as `host:port` or URLs
   * @param maxResourceSize bytes of the largest message, at most 4 MiB
   */
  async host(
    trackers: readonly string[],
    maxResourceSize: number,
    options: HostOptions = {},
  ): Promise<InstanceAnswer> {
    const { key: Key } = options;
    const answer = await this.#call('/host', { Trackers: trackers, MaxResourceSize: maxResourceSize, Key });
    if (answer.Success) this.#instances.set(answer.InstanceID, await this.#feeding(answer, options));
    return answer;
  }

  /** Joins a stream; `onData` is called with every message, in order. */
  async join(
    trackers: readonly string[],
    resourceId: string,
    onData: (message: Buffer) => void,
    options: InstanceOptions = {},
  ): Promise<InstanceAnswer> {
    const answer = await this.#call('/join', { Trackers: trackers, ResourceID: resourceId });
    if (answer.Success) {
      const reading = bySocket(answer, options)
        ? await this.#readSocket(answer, onData, options)
        : await readDatagrams(answer, onData);
      this.#instances.set(answer.InstanceID, reading);
    }
    return answer;
  }

  /** Stops an instance; false if there is none of that name. */
  async stop(instanceId: string): Promise<boolean> {
    this.#instances.get(instanceId)?.close();
    this.#instances.delete(instanceId);
    return (await this.#call('/stop', instanceId)).Success;
  }

  /** Feeds one message into a stream that was hosted here; resolves when the next one may come. */
  async feedData(instanceId: string, data: Uint8Array): Promise<void> {
    const instance = this.#instances.get(instanceId);
    if (instance === undefined)
      throw new ClientError(`There is no instance ${instanceId} here. Host a stream first.`);
    await instance.feed(data);
  }

  async #answering(): Promise<void> {
    const untilMs = performance.now() + READY_WITHIN_MS;
    while (performance.now() < untilMs) {
      const answer = await fetch(this.#url('/ping')).catch(() => undefined);
      if (answer?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, PING_EVERY_MS));
    }
    throw new ClientError('The gateway does not answer. Look at what it wrote on standard error.');
  }

  async #call(path: string, body: unknown): Promise<InstanceAnswer> {
    if (this.#gateway === undefined) throw new ClientError('Call init first.');
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(this.#url(path), { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== 200)
      throw new ClientError(
        `The gateway did not take the call of ${path} (${answer.status}). Look at what was given.`,
      );
    return (await answer.json()) as InstanceAnswer;
  }

  #url(path: string): string {
    return `http://${LOOPBACK}:${this.#port}${path}`;
  }

  async #feeding(answer: InstanceAnswer, options: InstanceOptions): Promise<Instance> {
    if (bySocket(answer, options)) {
      const socket = await this.#open(answer);
      return { feed: (data) => feedSocket(socket, data), close: () => socket.close() };
    }
    const socket = this.#socket;
    return {
      feed: (data) =>
        new Promise((resolve, reject) => {
          socket?.send(data, answer.UDPServerPort, LOOPBACK, (error) => (error ? reject(error) : resolve()));
        }),
      close: () => {},
    };
  }

  async #readSocket(
    answer: InstanceAnswer,
    onData: (message: Buffer) => void,
    { onGap }: InstanceOptions,
  ): Promise<Instance> {
    const socket = await this.#open(answer);
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') onGap?.();
      else onData(Buffer.from(data as ArrayBuffer));
    };
    return { feed: notFed, close: () => socket.close() };
  }

  async #open({ InstanceID }: InstanceAnswer): Promise<WebSocket> {
    const socket = new WebSocket(`ws://${LOOPBACK}:${this.#port}/instances/${InstanceID}/data`);
    socket.binaryType = 'arraybuffer';
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () =>
        reject(new ClientError('The gateway does not take the WebSocket of its instance.'));
    });
    return socket;
  }
}

const bySocket = ({ MaxResourceSize }: InstanceAnswer, { webSocket = false }: InstanceOptions): boolean =>
  webSocket || MaxResourceSize > DATAGRAM_BYTES_MAX;

async function feedSocket(socket: WebSocket, data: Uint8Array): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN)
    throw new ClientError('The gateway has closed this stream: a message was too long, or it was stopped.');
  socket.send(data as Uint8Array<ArrayBuffer>);
  while (socket.bufferedAmount > UNSENT_BYTES_MAX)
    await new Promise((resolve) => setTimeout(resolve, UNSENT_CHECK_MS));
}

/** Asks for messages, some in advance, and for one more with each that came. */
async function readDatagrams(
  { UDPServerPort }: InstanceAnswer,
  onData: (message: Buffer) => void,
): Promise<Instance> {
  const socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  let quiet = true;
  const ask = (): void => socket.send('', UDPServerPort, LOOPBACK);
  socket.on('message', (message, { port }) => {
    if (port !== UDPServerPort) return;
    quiet = false;
    ask();
    onData(message);
  });
  for (let at = 0; at < ASKED; at++) ask();
  const timer = setInterval(() => {
    if (quiet) ask();
    quiet = true;
  }, ASK_AGAIN_MS);
  return {
    feed: notFed,
    close: () => {
      clearInterval(timer);
      socket.close();
    },
  };
}

async function notFed(): Promise<void> {
  throw new ClientError('Only a stream that was hosted here is fed.');
}

/** Says where it listens in its first line. */
async function portOf(gateway: ChildProcess): Promise<number> {
  const lines = createInterface({ input: gateway.stdout as NodeJS.ReadableStream });
  const ended = new Promise<never>((_resolve, reject) => {
    const fail = (cause?: unknown): void =>
      reject(
        new ClientError('The gateway does not start. Look at what it wrote on standard error.', { cause }),
      );
    gateway.once('error', fail);
    gateway.once('exit', () => fail());
  });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  return (JSON.parse(line) as { port: number }).port;
}

const ownGateway = (): string[] => [
  process.execPath,
  fileURLToPath(new URL('../src/gateway/main.ts', import.meta.url)),
];
