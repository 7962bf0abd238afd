/** Being a member of a stream, as `watch` and `relay` are: which one, and until when. */
import { parseStreamTarget, type StreamTarget } from '../peer/supernode-address.ts';
import { ViewerPeer, type ViewerPeerOptions } from '../peer/viewer-peer.ts';
import { type PeerFlags, UsageError } from './peer-options.ts';

const HOST_CHECK_MS = 1_000;

/** The stream that is named. Throws {@link UsageError}. */
export function targetOf({ words, supernodes }: PeerFlags): StreamTarget {
  const [text = '', ...more] = words;
  const target = more.length === 0 ? parseStreamTarget(text) : undefined;
  if (target === undefined)
    throw new UsageError('It takes one link to a stream, …/#/watch/ and 27 characters, or the id alone.');
  const all = [...new Set([...target.supernodes, ...supernodes])];
  if (all.length === 0)
    throw new UsageError('A stream id alone needs a --supernode, such as 127.0.0.1:8080.');
  return { stream: target.stream, supernodes: all };
}

/** Joins, and ends when the host has not been heard for a while. */
export async function joined(
  { stream, supernodes }: StreamTarget,
  { slots, bind, within, wait }: PeerFlags,
  end: () => void,
  handlers: Pick<ViewerPeerOptions, 'delivery' | 'onMessage' | 'onGap'>,
): Promise<ViewerPeer> {
  let heardAtMs = performance.now();
  console.error('Joining …');
  const member = await ViewerPeer.open({
    stream,
    supernodes,
    slots,
    bindAddress: bind,
    withinMs: within * 1_000,
    ...handlers,
    onEvent: (event) => {
      if (event.type === 'stream') heardAtMs = performance.now();
    },
  });
  setInterval(() => {
    if (performance.now() - heardAtMs < wait * 1_000) return;
    console.error('The host has gone.');
    end();
  }, HOST_CHECK_MS).unref();
  return member;
}
