/** Which page a fragment asks for. */
import { parseStreamId } from '@murmuration/shared/lib/ids.ts';
import { type LinkOptions, parseLinkOptions, type WatchTarget } from '../session/stream-link.ts';

export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'host'; readonly options: LinkOptions }
  | { readonly page: 'monitor' }
  | { readonly page: 'watch'; readonly target: WatchTarget }
  /** A link to watch whose stream id is none. */
  | { readonly page: 'broken-link' }
  | { readonly page: 'unknown' };

/** @param fragment as in `location.hash`, with or without `#`. */
export function parseRoute(fragment: string): Route {
  const [path = '', query = ''] = fragment.replace(/^#/, '').split('?', 2);
  const [, room, id, ...more] = path.replace(/\/$/, '').split('/');
  if (room === undefined) return { page: 'home' };
  const options = parseLinkOptions(query);
  if (room === 'host' && id === undefined) return { page: 'host', options };
  if (room === 'monitor' && id === undefined) return { page: 'monitor' };
  if (room !== 'watch' || more.length > 0) return { page: 'unknown' };
  const stream = parseStreamId(id ?? '');
  return stream ? { page: 'watch', target: { ...options, stream } } : { page: 'broken-link' };
}
