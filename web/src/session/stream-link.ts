/**
 * Links to streams: `<origin>/#/watch/<stream id>?via=<ws url>,…&slots=<n>&delay=<ms>`. Everything is in the fragment, so that no server
 * sees which stream is asked for. The origin's own supernode goes without saying; `via` names further ones.
 */
import { parseStreamId, type StreamId } from '@murmuration/shared/lib/ids.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';

/** Supernodes that a link may add: more would only make a hostile link dial around. */
export const VIA_MAX = 4;
export const SLOTS_MAX = 16;
const DELAY_MS_MIN = 60;
const DELAY_MS_MAX = 600;

/** What a link can say besides the stream. */
export interface LinkOptions {
  /** WebSocket URLs of further supernodes. */
  readonly via: readonly string[];
  /** Overrides the kept setting for this tab: how many copies of the stream to send at most; 0 is watch only. */
  readonly slots: number | undefined;
  /**
   * Largest playout delay in ms that this tab adapts to, 60 to 600; left out: 600. At 60 it never grows: for measuring, and for
   * those to whom a late picture is worth less than a missed one.
   */
  readonly delayMaxMs?: number;
  /** Trees of a stream that this tab hosts, 1 to 16; left out: 4. */
  readonly stripes?: number;
}

export interface WatchTarget extends LinkOptions {
  readonly stream: StreamId;
}

export type PastedTarget =
  | { readonly ok: true; readonly target: WatchTarget }
  | { readonly ok: false; readonly message: string };

/** The WebSocket of the supernode that served a page at this origin. */
const supernodeOfOrigin = (origin: string): string => `${origin.replace(/^http/, 'ws')}/link`;

/** All supernodes to use: the page's own first, then those of the link. */
export const supernodeUrls = (origin: string, via: readonly string[]): string[] => [
  ...new Set([supernodeOfOrigin(origin), ...via]),
];

/** Reads the part of a fragment after `?`; what does not parse is left out. */
export function parseLinkOptions(query: string): LinkOptions {
  const parameters = new URLSearchParams(query);
  const via = (parameters.get('via') ?? '').split(',').filter(isSupernodeUrl);
  const slots = parameters.get('slots') ?? '';
  const delay = parameters.get('delay') ?? '';
  const stripes = Number(/^\d{1,2}$/.exec(parameters.get('stripes') ?? '')?.[0] ?? 0);
  return {
    via: [...new Set(via)].slice(0, VIA_MAX),
    slots: /^\d{1,2}$/.test(slots) ? Math.min(Number(slots), SLOTS_MAX) : undefined,
    ...(stripes > 0 && stripes <= limits.stripesMax ? { stripes } : {}),
    ...(/^\d{1,3}$/.test(delay)
      ? { delayMaxMs: Math.min(Math.max(Number(delay), DELAY_MS_MIN), DELAY_MS_MAX) }
      : {}),
  };
}

function isSupernodeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === 'ws:' || url.protocol === 'wss:') && !url.username && !url.password && !url.hash;
}

/** `#/watch/<id>?…` for a target. */
export function watchFragment(target: WatchTarget): string {
  const query = [
    ...(target.via.length > 0 ? [`via=${target.via.map(encodeURIComponent).join(',')}`] : []),
    ...(target.slots === undefined ? [] : [`slots=${target.slots}`]),
    ...(target.delayMaxMs === undefined ? [] : [`delay=${target.delayMaxMs}`]),
  ].join('&');
  return `#/watch/${target.stream}${query ? `?${query}` : ''}`;
}

/** The link to send to viewers. */
export const watchLink = (origin: string, stream: StreamId, via: readonly string[]): string =>
  `${origin}/${watchFragment({ stream, via, slots: undefined })}`;

/**
 * Reads what a person pasted: a whole link, a fragment, or a bare stream id. A link to another origin keeps that origin's
 * supernode as a `via`, since that is where the stream is known.
 */
export function parsePasted(text: string, origin: string): PastedTarget {
  const pasted = text.trim();
  if (pasted === '') return refused('Paste the link that the host sent you, or the id of a stream.');
  const bare = parseStreamId(pasted);
  if (bare) return { ok: true, target: { stream: bare, via: [], slots: undefined } };

  const [, path, query = ''] = /(?:^|[#/])watch\/([^?#]*)(?:\?([^#]*))?$/.exec(pasted) ?? [];
  if (path === undefined) {
    return refused(
      'This is neither a link to a stream nor a stream id. A link looks like …/#/watch/ and 27 characters.',
    );
  }
  const stream = parseStreamId(path);
  if (!stream) {
    return refused(
      'The link is damaged: the stream id at its end must be 27 letters, digits, - or _. Copy it again in full.',
    );
  }
  const { via, ...others } = parseLinkOptions(query);
  const elsewhere = /^https?:/.test(pasted) && URL.canParse(pasted) ? new URL(pasted).origin : origin;
  const introducers = elsewhere === origin ? via : [supernodeOfOrigin(elsewhere), ...via];
  return { ok: true, target: { ...others, stream, via: introducers.slice(0, VIA_MAX) } };
}

const refused = (message: string): PastedTarget => ({ ok: false, message });
