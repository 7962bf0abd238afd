/**
 * The supernode's HTTP side: the page's files, `/monitor`, `/health`, `/livez` and `/readyz`, with the headers that keep a page safe. Upgrades to
 * WebSocket are handed on. With a certificate it speaks TLS itself; a reverse proxy in front can do that, too.
 */
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { addressGroup, TrustedProxies } from './client-address.ts';
import { defaultHttpLimits, type HttpLimits } from './http-limits.ts';
import type { PageFile, PageFiles } from './page-files.ts';
import type { TlsFiles } from './tls-files.ts';

export interface HttpServerSettings {
  /** The page; undefined if it is not built, which visitors are then told. */
  readonly page: PageFiles | undefined;
  /** What `/health` answers, as JSON. */
  health(): object;
  /** Whether `/monitor` leads anywhere. Default no. */
  readonly monitor?: boolean;
  /** Whether newcomers are taken: what `/readyz` answers. */
  ready(): boolean;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** WebSockets at once; TCP connections beyond these and `pageSocketsMax` are dropped unheard. */
  readonly webSocketsMax: number;
  readonly limits?: HttpLimits;
  /** Certificate and key (PEM). Without them it speaks plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** Their connections are not counted by address. */
  readonly proxies?: TrustedProxies;
  /** Told of every answer. */
  readonly answered?: (status: number) => void;
}

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  // Not even inline styles: the page sets styles through the DOM, which is not inline.
  "style-src 'self'",
  "img-src 'self'",
  // Media Source Extensions play from an object URL.
  "media-src 'self' blob:",
  // Mediabunny makes workers of its own out of strings.
  "worker-src 'self' blob:",
  // Supernodes anywhere: the links that people pass on name them.
  "connect-src 'self' ws: wss:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), microphone=(self), display-capture=(self), geolocation=()',
};

/** Everybody gets these files, and no cookie comes with them: there is nothing that another origin could learn from them. */
const EMBED_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

const MONITOR_PATH = '/monitor';
const MONITOR_PAGE = '/#/monitor';

const NOT_BUILT =
  'The page is not built. This supernode still introduces peers; build the page and restart it.\n';

/** A server that is not yet listening. */
export function createHttpServer(settings: HttpServerSettings): Server | TlsServer {
  const limits = settings.limits ?? defaultHttpLimits;
  const options = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersWithinMs,
    requestTimeout: limits.requestWithinMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkEveryMs,
  };
  const { tls } = settings;
  const server =
    tls === undefined
      ? createServer(options)
      : createTlsServer({ ...options, ...tls, handshakeTimeout: limits.headersWithinMs });
  server.on('request', (request, response) => {
    const { status, headers, body } = answer(request, settings);
    settings.answered?.(status);
    response.writeHead(status, {
      ...SECURITY_HEADERS,
      ...headers,
      ...(status === 304 ? {} : { 'Content-Length': body.length }),
    });
    // Node sends no body to HEAD or with 304, but counts on none being given.
    response.end(request.method === 'HEAD' || status === 304 ? undefined : body);
  });
  server.maxRequestsPerSocket = limits.requestsPerSocketMax;
  server.maxConnections = settings.webSocketsMax + limits.pageSocketsMax;
  server.timeout = limits.idleMs;
  countByAddress(server, limits.socketsPerAddressMax, settings.proxies ?? new TrustedProxies());
  server.on('upgrade', (request, socket, head) => settings.upgrade(request, socket, head));
  return server;
}

/** Drops TCP connections of an address that has too many: whoever says nothing on them is not seen anywhere else. */
function countByAddress(server: Server | TlsServer, most: number, proxies: TrustedProxies): void {
  const counts = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || proxies.has(remoteAddress)) return;
    const address = addressGroup(remoteAddress);
    const open = (counts.get(address) ?? 0) + 1;
    if (open > most) {
      socket.destroy();
      return;
    }
    counts.set(address, open);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
  });
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

function answer(
  request: IncomingMessage,
  { page, health, ready, monitor = false }: HttpServerSettings,
): Answer {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return plain(405, 'Only GET and HEAD.\n', { Allow: 'GET, HEAD' });
  }
  const path = request.url?.split('?')[0] ?? '';
  if (path === '/health') {
    return {
      status: 200,
      headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
      body: Buffer.from(JSON.stringify(health())),
    };
  }
  if (path === '/livez') return plain(200, 'alive\n');
  if (path === '/readyz') return ready() ? plain(200, 'ready\n') : plain(503, 'stopping\n');
  if (path === MONITOR_PATH && !monitor) return plain(404, 'The operator shows no monitor here.\n');
  if (page === undefined) return plain(503, NOT_BUILT);
  if (path === MONITOR_PATH)
    return plain(302, 'The monitor is a page of the app.\n', { Location: MONITOR_PAGE });
  const file = page.get(path);
  return file === undefined ? plain(404, 'Nothing is here.\n') : fileAnswer(request, file);
}

function plain(status: number, text: string, headers: OutgoingHttpHeaders = {}): Answer {
  return {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers },
    body: Buffer.from(text),
  };
}

function fileAnswer(request: IncomingMessage, file: PageFile): Answer {
  const coding = contentCoding(request.headers['accept-encoding'] ?? '', file);
  // A validator of its own for each coding (RFC 9110, section 8.8.3.3).
  const etag = coding === 'identity' ? file.etag : `${file.etag.slice(0, -1)}-${coding}"`;
  const headers: OutgoingHttpHeaders = {
    'Cache-Control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: etag,
    Vary: 'Accept-Encoding',
    ...(file.embeddable ? EMBED_HEADERS : {}),
  };
  const known = request.headers['if-none-match'];
  if (known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)) {
    return { status: 304, headers, body: Buffer.alloc(0) };
  }
  headers['Content-Type'] = file.type;
  if (coding !== 'identity') headers['Content-Encoding'] = coding;
  return { status: 200, headers, body: file.bodies[coding] ?? file.bodies.identity };
}

function contentCoding(accepted: string, { bodies }: PageFile): 'br' | 'gzip' | 'identity' {
  const codings = accepted
    .split(',')
    .filter((coding) => !/;\s*q=0(\.0*)?\s*$/.test(coding))
    .map((coding) => coding.split(';')[0]?.trim().toLowerCase());
  if (bodies.br && codings.includes('br')) return 'br';
  return bodies.gzip && codings.includes('gzip') ? 'gzip' : 'identity';
}
