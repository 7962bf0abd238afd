/** The contract of transports, on WebRTC in Node.js; then what is special about it: hostile remote ends, and many connections. */
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { Channel, type LinkSink } from '@murmuration/shared/node/ports.ts';
import { encodeSignals, parseSignals, SignalRefusal } from '@murmuration/shared/rtc/signal-payload.ts';
import type { WebRtcTransport } from '@murmuration/shared/rtc/webrtc-transport.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import type { DataChannel, PeerConnection } from 'node-datachannel';
import { afterEach, describe, expect, it, test } from 'vitest';
import { transportCases, untilInRealTime } from '../../../shared/sim/transport-contract.ts';
import { NodeClock } from '../node-clock.ts';
import { generateNodeIdentity } from '../node-crypto.ts';
import { openDataChannelTransport } from './node-transport.ts';
import { loadWebRtc } from './webrtc-library.ts';

const LINK = 1 as LinkId;
const SOMEBODY = '' as PeerId;
const LOOPBACK = '127.0.0.1';

const releases: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0)) await release();
});

async function newTransport(): Promise<WebRtcTransport> {
  const { transport, release } = await openDataChannelTransport({
    clock: new NodeClock(),
    crypto: generateNodeIdentity(),
    bindAddress: LOOPBACK,
  });
  releases.push(release);
  return transport;
}

const quietSink = (watched: Partial<LinkSink>): LinkSink => ({
  incoming: () => undefined,
  opened: () => {},
  signal: () => {},
  received: () => {},
  drained: () => {},
  closed: () => {},
  ...watched,
});

for (const { name, run } of transportCases) {
  test(`[R2] WebRTC in Node.js: ${name}`, async () => {
    await run({
      near: await newTransport(),
      far: await newTransport(),
      farAddress: { kind: 'peer', peer: 'far' as PeerId },
      unreachable: { kind: 'peer', peer: 'nobody' as PeerId },
      nearPeer: 'near' as PeerId,
      can: { frames: true, flushOnClose: true },
      until: untilInRealTime,
    });
  });
}

/** A bare connection that dials a transport, and can then do what a decent peer never does. */
async function dialHostilely(rewrite: (sdp: string) => string = (sdp) => sdp) {
  const transport = await newTransport();
  const { PeerConnection: Connection } = await loadWebRtc();
  const connection = new Connection('hostile', {
    iceServers: [],
    bindAddress: LOOPBACK,
    disableAutoNegotiation: true,
  });
  let closed = false;
  connection.onStateChange((state) => {
    closed ||= state === 'closed';
  });
  releases.push(async () => {
    connection.close();
    await untilInRealTime(() => closed && held.size === 0);
  });
  // The library's channels have to be held until they are closed.
  const held = new Set<DataChannel>();
  const hold = (channel: DataChannel): DataChannel => {
    channel.onClosed(() => held.delete(channel));
    held.add(channel);
    return channel;
  };
  const channels = [
    hold(connection.createDataChannel('', { negotiated: true, id: 4 })),
    hold(connection.createDataChannel('', { negotiated: true, id: 5 })),
  ] as const;
  let end: (reason: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  let open = (): void => {};
  const openedThere = new Promise<void>((resolve) => {
    open = resolve;
  });
  const openedHere = channels.map((channel) => new Promise<void>((resolve) => channel.onOpen(resolve)));
  transport.attach(
    quietSink({
      opened: () => open(),
      closed: (_link, reason) => end(reason),
      signal: (_link, payload) => follow(connection, payload),
    }),
  );
  const gathered = new Promise<void>((resolve) => {
    connection.onGatheringStateChange((state) => state === 'complete' && resolve());
  });
  connection.setLocalDescription('offer');
  await gathered;
  const sdp = rewrite(connection.localDescription()?.sdp ?? '');
  for (const payload of encodeSignals([{ type: 'offer', sdp }])) transport.accept(LINK, SOMEBODY, payload);
  const opened = Promise.all([openedThere, ...openedHere]);
  return { transport, connection, channels, hold, ended, opened, sdp };
}

function follow(connection: PeerConnection, payload: Uint8Array): void {
  const parsed = parseSignals(payload);
  if (!parsed.ok) throw new Error(parsed.reason);
  for (const entry of parsed.entries) {
    if (entry.type === 'candidate') connection.addRemoteCandidate(entry.candidate.candidate, '0');
    else connection.setRemoteDescription(entry.sdp, entry.type);
  }
}

type Hostile = Awaited<ReturnType<typeof dialHostilely>>;

describe('[R2] a hostile remote end', () => {
  const cases: readonly [string, (link: Hostile) => void, string][] = [
    ['sends text', ({ channels }) => channels[0].sendMessage('hello'), 'sent text'],
    [
      'sends a packet over 16 KiB',
      ({ channels }) => channels[1].sendMessageBinary(new Uint8Array(limits.packetBytesMax + 1)),
      'sent a packet over 16 KiB',
    ],
    [
      'opens a third channel',
      ({ connection, hold }) => hold(connection.createDataChannel('third')),
      'opened a channel that was not agreed on',
    ],
    ['closes one channel', ({ channels }) => channels[1].close(), 'closed by the remote end'],
    ['closes the connection', ({ connection }) => connection.close(), 'closed by the remote end'],
  ];
  it.each(cases)('that %s loses its link', async (_name, act, reason) => {
    const link = await dialHostilely();
    await link.opened;
    act(link);
    expect(await link.ended).toBe(reason);
    await untilInRealTime(() => link.transport.connectionsOpen === 0);
  });

  it.each([
    ['no SHA-256 fingerprint', (sdp: string) => sdp.replace('sha-256', 'sha-384')],
    ['sound', (sdp: string) => `${sdp}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`],
    ['no password', (sdp: string) => sdp.replace(/a=ice-pwd.*\r\n/, '')],
  ])('that offers %s is turned down', async (_name, rewrite) => {
    const link = await dialHostilely(rewrite);
    expect(await link.ended).toBe('unusable signal');
    await untilInRealTime(() => link.transport.connectionsOpen === 0);
  });

  it('that names the fingerprint of another certificate never gets a link', async () => {
    const other = (sdp: string) =>
      sdp.replace(/(sha-256 )(..)/, (_all, head, byte) => `${head}${byte === '00' ? '01' : '00'}`);
    const link = await dialHostilely(other);
    expect(await link.ended).toBe('no path to the peer');
  });

  it('that offers a second time is counted and ignored', async () => {
    const link = await dialHostilely();
    await link.opened;
    for (const payload of encodeSignals([{ type: 'offer', sdp: link.sdp }])) {
      link.transport.signal(LINK, payload);
    }
    expect(link.transport.refusedSignals[SignalRefusal.unexpectedDescription]).toBe(1);
    expect(link.transport.send(LINK, Channel.control, new Uint8Array(1))).toBe(true);
  });

  it('that sends candidates without end is listened to for 32 of them', async () => {
    const link = await dialHostilely();
    await link.opened;
    const line = (port: number) => `candidate:1 1 UDP 2114977791 127.0.0.1 ${port} typ host`;
    const entries = Array.from({ length: 40 }, (_, at) => ({
      type: 'candidate' as const,
      candidate: { candidate: line(40_000 + at), sdpMid: '0', sdpMLineIndex: 0 },
    }));
    for (const payload of encodeSignals(entries)) link.transport.signal(LINK, payload);
    expect(link.transport.refusedSignals[SignalRefusal.tooManyCandidates]).toBe(1);
  });
});

it('links over the cap are turned down, and the others stay', async () => {
  const transport = await newTransport();
  const closings: string[] = [];
  transport.attach(quietSink({ closed: (_link, reason) => closings.push(reason) }));
  for (let at = 0; at <= 2 * limits.linksMax; at++)
    transport.dial((at + 1) as LinkId, { kind: 'peer', peer: SOMEBODY });
  await untilInRealTime(() => closings.length > 0);
  expect(closings).toEqual(['too many links']);
});
