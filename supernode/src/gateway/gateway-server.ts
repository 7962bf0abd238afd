/**
 * The REST gateway of thesis 3.5.3 over HTTP: five paths, six keys in every answer, 400 with an empty body for what is no valid call.
 * Beyond the thesis: `/openapi.json`, and a WebSocket for each instance. Loopback only.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { WebSocketServer } from 'ws';
import { serveSocket } from './data-socket.ts';
import { emptyAnswer, type GatewayAnswer } from './gateway-answer.ts';
import {
  type GatewayInstance,
  type InstanceOptions,
  startHost,
  startMember,
  startSuper,
} from './gateway-instance.ts';
import { readHost, readHostSuper, readJoin, readStop, requestLimits } from './gateway-requests.ts';
import { openApi } from './openapi.ts';
import { isFromProgram, saysJson } from './web-guard.ts';

const LOOPBACK = '127.0.0.1';
const INSTANCES_MAX = 32;
const CONNECTIONS_MAX = 256;
const REQUEST_WITHIN_MS = 10_000;
const DATA_PATH = /^\/instances\/([\w-]{1,64})\/data$/;

export interface Gateway {
  readonly port: number;
  /** Stops all instances and closes. Safe to call twice. */
  stop(): Promise<void>;
}

export interface GatewayOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly bindAddress: string | undefined;
  /** Where keys of hosts are kept that have a name. */
  readonly keyFolder: string;
  /** Why something was not done, in words for people. */
  readonly report: (words: string) => void;
}

type Action = (body: string, abort: AbortController) => Promise<GatewayAnswer | undefined>;

/** Rejects with the error of the system if the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = new GatewayServer(options);
  await gateway.listen(options.port);
  return gateway;
}

class GatewayServer implements Gateway {
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.messageBytesMax,
  });
  readonly #instances = new Map<string, GatewayInstance>();
  /** Searches and starts that are under way. */
  readonly #starting = new Set<AbortController>();
  #stopped: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: REQUEST_WITHIN_MS, headersTimeout: REQUEST_WITHIN_MS });
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.on('request', (request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(port: number): Promise<void> {
    this.#server.listen({ port, host: LOOPBACK });
    await once(this.#server, 'listening');
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    this.#server.close();
    for (const starting of this.#starting) starting.abort();
    const running = [...this.#instances.values()];
    this.#instances.clear();
    await Promise.all(running.map((instance) => instance.stop()));
    this.#server.closeAllConnections();
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (!isFromProgram(request)) return end(response, 403);
    if (path === '/ping') return end(response, 200);
    if (path === '/openapi.json' && request.method === 'GET') return endJson(response, openApi);
    const action = this.#actions.get(path);
    if (!action) return end(response, path === '/openapi.json' ? 400 : 404);
    const body = request.method === 'POST' ? await readBody(request) : undefined;
    if (body === undefined || (body !== '' && !saysJson(request))) return end(response, 400);
    const abort = new AbortController();
    // Whoever asked and went away is owed no instance: nobody would know its name.
    response.on('close', () => abort.abort());
    const answer = await action(body, abort);
    if (answer === undefined) return end(response, 400);
    endJson(response, answer);
  }

  /** By path. Each answers with undefined for a body that the path does not take. */
  readonly #actions: ReadonlyMap<string, Action> = new Map<string, Action>([
    [
      '/host-super',
      async (body, abort) => {
        const request = readHostSuper(body);
        return request && this.#start(abort, (options) => startSuper(request, options));
      },
    ],
    [
      '/host',
      async (body, abort) => {
        const request = readHost(body);
        return request && this.#start(abort, (options) => startHost(request, options));
      },
    ],
    [
      '/join',
      async (body, abort) => {
        const request = readJoin(body);
        return request && this.#start(abort, (options) => startMember(request, options, abort.signal));
      },
    ],
    [
      '/stop',
      async (body) => {
        const id = readStop(body);
        return id === undefined ? undefined : { ...emptyAnswer, Success: await this.#stopInstance(id) };
      },
    ],
  ]);

  async #start(
    abort: AbortController,
    begin: (options: InstanceOptions) => Promise<GatewayInstance>,
  ): Promise<GatewayAnswer> {
    const { bindAddress, keyFolder, report } = this.#options;
    if (this.#instances.size + this.#starting.size >= INSTANCES_MAX) {
      report(`There are ${INSTANCES_MAX} instances already. Stop one first.`);
      return emptyAnswer;
    }
    const id = crypto.randomUUID();
    const ended = (words: string): void => {
      report(words);
      void this.#stopInstance(id);
    };
    this.#starting.add(abort);
    try {
      const instance = await begin({ bindAddress, keyFolder, ended });
      if (abort.signal.aborted) {
        await instance.stop();
        return emptyAnswer;
      }
      this.#instances.set(id, instance);
      return { ...instance.answer, InstanceID: id };
    } catch (error) {
      report(error instanceof Error ? error.message : String(error));
      return emptyAnswer;
    } finally {
      this.#starting.delete(abort);
    }
  }

  /** False if there is none of that name. */
  async #stopInstance(id: string): Promise<boolean> {
    const instance = this.#instances.get(id);
    if (!this.#instances.delete(id)) return false;
    await instance?.stop();
    return true;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    const [, id = ''] = DATA_PATH.exec(request.url ?? '') ?? [];
    const instance = this.#instances.get(id);
    const served = instance?.feed !== undefined || instance?.reading !== undefined;
    if (!isFromProgram(request) || instance === undefined || !served) {
      const status = isFromProgram(request) ? '404 Not Found' : '403 Forbidden';
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => serveSocket(webSocket, instance));
  }
}

/** Undefined for what is too long, breaks off or is no UTF-8. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes <= requestLimits.bodyBytesMax) parts.push(part);
    }
    if (bytes > requestLimits.bodyBytesMax) return undefined;
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
  } catch {
    return undefined;
  }
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Length': 0 }).end();
}

function endJson(response: ServerResponse, value: object): void {
  const body = JSON.stringify(value);
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(200, headers).end(body);
}
