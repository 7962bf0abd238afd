/** Links of a node as they are after the hello of the far end. */
import type { PeerId, StreamId } from '../src/lib/ids.ts';
import type { Link, Links } from '../src/node/links.ts';
import { PROTOCOL_VERSION, Role } from '../src/wire/link-messages.ts';
import { START, STREAM } from './frames.ts';

export interface FarEnd {
  readonly kind?: Link['kind'];
  readonly dialed?: boolean;
  readonly role?: Role;
  readonly stream?: StreamId | undefined;
  readonly session?: number;
  readonly url?: string;
}

/** An open link to a viewer of {@link STREAM} that this node dialed, unless `far` says otherwise. */
export function openLink(links: Links, peer: PeerId, far: FarEnd = {}): Link {
  const { kind = 'peer', dialed = true, session = 1, url } = far;
  const isSupernode = kind === 'supernode';
  const role = far.role ?? (isSupernode ? Role.supernode : Role.viewer);
  const stream = 'stream' in far ? far.stream : isSupernode ? undefined : STREAM;
  const expected = kind === 'peer' ? { expected: peer } : {};
  const link = links.add(
    { kind, dialed, session, ...expected, ...(url === undefined ? {} : { url }) },
    START,
  );
  links.transportOpened(link.id, START);
  links.hello(link.id, { peer, version: PROTOCOL_VERSION, role, stream }, START);
  return link;
}
