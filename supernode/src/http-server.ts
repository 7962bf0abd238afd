/**
 * The supernode's HTTP side: the page's files and `/health`, with the headers that keep a page safe. Upgrades to WebSocket
 * are handed on. Left out: TLS, which a reverse proxy in front does.
 */
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { PageFile, PageFiles } from './page-files.ts';

export interface HttpServerSettings {
  /** The page; undefined if it is not built, which visitors are then told. */
  readonly page: PageFiles | undefined;
  /** What `/health` answers, as JSON. */
  health(): object;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Open TCP connections, WebSockets included; more are dropped unheard. */
  readonly socketsMax: number;
  readonly limits?: HttpLimits;
}

/** Limits of plain HTTP; a WebSocket has its own. */
export interface HttpLimits {
  /** Bytes of all headers of a request, the first line included. Default 8 KiB. More is answered with 431. */
  readonly headerBytesMax: number;
  /** How long a client may take to send the headers, and the whole request, in ms. Defaults 10,000 and 15,000; then 408. */
  readonly headersWithinMs: number;
  readonly requestWithinMs: number;
  /** How often those two are looked at, in ms. Default 2,000. */
  readonly checkEveryMs: number;
  /** How long a socket may be silent within a request or an answer, and between requests, in ms. Defaults 30,000 and 5,000. */
  readonly idleMs: number;
  readonly keepAliveMs: number;
  /** Requests over one socket. Default 1,000; then it is closed. */
  readonly requestsPerSocketMax: number;
}

export const defaultHttpLimits: HttpLimits = {
  headerBytesMax: 8 * 1024,
  headersWithinMs: 10_000,
  requestWithinMs: 15_000,
  checkEveryMs: 2_000,
  idleMs: 30_000,
  keepAliveMs: 5_000,
  requestsPerSocketMax: 1_000,
};

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  // Not even inline styles: the page sets styles through the DOM, which is not inline.
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
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

const NOT_BUILT =
  'The page is not built. This supernode still introduces peers; build the page and restart it.\n';

/** A server that is not yet listening. */
export function createHttpServer(settings: HttpServerSettings): Server {
  const limits = settings.limits ?? defaultHttpLimits;
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersWithinMs,
      requestTimeout: limits.requestWithinMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.checkEveryMs,
    },
    (request, response) => {
      const { status, headers, body } = answer(request, settings);
      response.writeHead(status, {
        ...SECURITY_HEADERS,
        ...headers,
        ...(status === 304 ? {} : { 'Content-Length': body.length }),
      });
      // Node sends no body to HEAD or with 304, but counts on none being given.
      response.end(request.method === 'HEAD' || status === 304 ? undefined : body);
    },
  );
  server.maxRequestsPerSocket = limits.requestsPerSocketMax;
  server.maxConnections = settings.socketsMax;
  server.timeout = limits.idleMs;
  server.on('upgrade', (request, socket, head) => settings.upgrade(request, socket, head));
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

function answer(request: IncomingMessage, { page, health }: HttpServerSettings): Answer {
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
  if (page === undefined) return plain(503, NOT_BUILT);
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
