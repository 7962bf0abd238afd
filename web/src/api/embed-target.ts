/** What programs give to say which stream they mean and who introduces them. Pure. */
import { SessionError } from '../session/session-error.ts';
import { parsePasted, type WatchTarget } from '../session/stream-link.ts';

/** A supernode's WebSocket, from that or from the address of its page. Throws SessionError. */
export function supernodeSocket(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.username === '' && url.password === '') {
    const { protocol, origin } = url;
    // The origin of a WebSocket's address is opaque to some, so it is put together.
    if (protocol === 'http:' || protocol === 'https:') return `${origin.replace(/^http/, 'ws')}/link`;
    if (protocol === 'ws:' || protocol === 'wss:')
      return `${protocol}//${url.host}${url.pathname === '/' ? '/link' : url.pathname}`;
  }
  throw new SessionError('bad-supernode');
}

/** The page that a supernode serves, from its WebSocket. */
export const pageOfSocket = (socket: string): string => new URL(socket).origin.replace(/^ws/, 'http');

export interface EmbedTarget extends WatchTarget {
  /** WebSockets, at least one. */
  readonly supernodes: readonly string[];
}

/**
 * @param link whole, or the part after `#`, or the stream's id: of the latter two the page's own address says nothing here
 * @param supernodes further ones, or the only ones if the link names none
 */
export function embedTarget(link: string, supernodes: readonly string[] = []): EmbedTarget {
  const pasted = parsePasted(link, '');
  if (!pasted.ok) throw new SessionError('bad-link', { message: pasted.message });
  const { target } = pasted;
  const all = [...new Set([...target.via, ...supernodes.map(supernodeSocket)])];
  if (all.length === 0)
    throw new SessionError('bad-link', {
      message:
        'This names a stream, but no supernode that knows it. Give the whole link that the host sent, beginning with https://.',
    });
  return { ...target, supernodes: all };
}
