/**
 * How people name supernodes (the thesis' trackers) and streams: `host:port`, any URL of a supernode, or a whole link to a stream,
 * `https://host/#/watch/<stream id>?via=<ws url>,…`.
 */
import { parseStreamId, type StreamId } from '@murmuration/shared/lib/ids.ts';
import { SOCKET_PATH } from '@murmuration/shared/wire/socket-handshake.ts';

/** Supernodes that a link may add to its own. */
const VIA_MAX = 4;
const SCHEMES: Readonly<Record<string, string>> = {
  'http:': 'ws:',
  'https:': 'wss:',
  'ws:': 'ws:',
  'wss:': 'wss:',
};

/** The WebSocket of a supernode; undefined if the text names none. A `host:port` is reached without TLS, as the thesis does. */
export function supernodeUrl(text: string): string | undefined {
  const trimmed = text.trim();
  const whole = /^[a-z]+:\/\//i.test(trimmed) ? trimmed : `ws://${trimmed}`;
  if (trimmed === '' || /[\s,]/.test(trimmed) || !URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  const scheme = SCHEMES[url.protocol];
  if (scheme === undefined || url.username !== '' || url.password !== '' || url.hostname === '')
    return undefined;
  const path = url.pathname === '/' ? SOCKET_PATH : url.pathname;
  return `${scheme}//${url.host}${path}`;
}

export interface StreamTarget {
  readonly stream: StreamId;
  /** WebSocket URLs; none if only an id was given. */
  readonly supernodes: readonly string[];
}

/** Reads a link to a stream, or a bare stream id; undefined if it is neither. */
export function parseStreamTarget(text: string): StreamTarget | undefined {
  const given = text.trim();
  const bare = parseStreamId(given);
  if (bare !== undefined) return { stream: bare, supernodes: [] };
  const [, origin, id = '', query = ''] =
    /^(https?:\/\/[^/#?]+)\/?[^#]*#\/watch\/([^?#]*)(?:\?([^#]*))?$/i.exec(given) ?? [];
  const stream = parseStreamId(id);
  if (origin === undefined || stream === undefined) return undefined;
  const via = (new URLSearchParams(query).get('via') ?? '').split(',').slice(0, VIA_MAX);
  const supernodes = [origin, ...via].flatMap((each) => supernodeUrl(each) ?? []);
  return { stream, supernodes: [...new Set(supernodes)] };
}

/** The link to hand to viewers: the page of the first supernode, the others as `via`. */
export function streamLink(stream: StreamId, supernodes: readonly string[]): string {
  const [first, ...others] = supernodes;
  const origin = (first ?? '').replace(/^ws/, 'http').replace(/\/link$/, '');
  const via = others.slice(0, VIA_MAX).map(encodeURIComponent).join(',');
  return `${origin}/#/watch/${stream}${via === '' ? '' : `?via=${via}`}`;
}
