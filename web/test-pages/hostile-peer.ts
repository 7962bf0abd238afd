/** A bare RTCPeerConnection that speaks the transport's signals and channels, and can then do what a decent peer never does. */
import type { LinkId } from '@murmuration/shared/lib/ids.ts';
import { Channel } from '@murmuration/shared/node/ports.ts';
import { encodeSignals, parseSignals, type SignalEntry } from '@murmuration/shared/rtc/signal-payload.ts';
import type { SimplePeerTransport } from '../src/rtc/simple-peer-transport.ts';
import { LINK, newTransport, quietSink, SOMEBODY } from './page-pair.ts';

const CHANNEL_IDS = { [Channel.control]: 4, [Channel.frames]: 5 } as const;

export interface HostileLink {
  readonly transport: SimplePeerTransport;
  readonly connection: RTCPeerConnection;
  readonly channels: readonly RTCDataChannel[];
  /** Why the transport ended the link, once it did. */
  readonly ended: Promise<string>;
  /** Open at both ends. */
  readonly opened: Promise<unknown>;
}

/**
 * Dials a new transport from a bare connection.
 *
 * @param rewrite changes the offer before the transport sees it
 */
export async function dialHostilely(rewrite: (sdp: string) => string = (sdp) => sdp): Promise<HostileLink> {
  const transport = await newTransport();
  const connection = new RTCPeerConnection({ iceServers: [] });
  const channels = Object.values(CHANNEL_IDS).map((id) =>
    connection.createDataChannel('', { negotiated: true, id }),
  );
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  const { promise: openedThere, resolve: open } = Promise.withResolvers<void>();
  const openedHere = channels.map(
    (channel) => new Promise((resolve) => channel.addEventListener('open', resolve)),
  );
  transport.attach(
    quietSink({
      opened: () => open(),
      closed: (_link: LinkId, reason: string) => end(reason),
      signal: (_link: LinkId, payload: Uint8Array) => void follow(connection, payload),
    }),
  );
  await connection.setLocalDescription();
  const candidates = await gather(connection);
  const sdp = rewrite(connection.localDescription?.sdp ?? '');
  const [first, ...rest] = encodeSignals([{ type: 'offer', sdp }, ...candidates]);
  transport.accept(LINK, SOMEBODY, first ?? new Uint8Array());
  for (const payload of rest) transport.signal(LINK, payload);
  return { transport, connection, channels, ended, opened: Promise.all([openedThere, ...openedHere]) };
}

function gather(connection: RTCPeerConnection): Promise<SignalEntry[]> {
  const candidates: SignalEntry[] = [];
  return new Promise((resolve) => {
    connection.onicecandidate = ({ candidate }) => {
      if (!candidate) {
        resolve(candidates);
      } else if (candidate.protocol === 'udp') {
        const { sdpMid, sdpMLineIndex } = candidate;
        candidates.push({
          type: 'candidate',
          candidate: { candidate: candidate.candidate, sdpMid, sdpMLineIndex },
        });
      }
    };
  });
}

async function follow(connection: RTCPeerConnection, payload: Uint8Array): Promise<void> {
  const parsed = parseSignals(payload);
  if (!parsed.ok) throw new Error(parsed.reason);
  for (const entry of parsed.entries) {
    if (entry.type === 'candidate') await connection.addIceCandidate(entry.candidate);
    else await connection.setRemoteDescription(entry);
  }
}
