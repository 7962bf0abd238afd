/** What the WebRTC transport promises beyond the contract of all transports: volume, and standing up to a hostile remote end. */
import { Channel } from '@murmuration/shared/node/ports.ts';
import { encodeSignals, SignalRefusal } from '@murmuration/shared/rtc/signal-payload.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { dialHostilely, type HostileLink } from './hostile-peer.ts';
import { LINK, newTransport, openPair, quietSink } from './page-pair.ts';
import { type Case, expectEqual } from './run-cases.ts';

const HIGH_WATER_BYTES = 128 * 1024;

/** Sends numbered packets of 16 KiB, never more than the high-water mark at a time; answers the numbers that arrived, in order. */
async function sendMany(channel: Channel, packets: number): Promise<number[]> {
  const arrived: number[] = [];
  let sent = 0;
  const pump = (): void => {
    while (sent < packets && pair.dialer.bufferedBytes(LINK, channel) < HIGH_WATER_BYTES) {
      const packet = new Uint8Array(limits.packetBytesMax);
      new DataView(packet.buffer).setUint32(0, sent);
      expectEqual(pair.dialer.send(LINK, channel, packet), true);
      sent++;
    }
  };
  const pair = await openPair(
    { drained: pump },
    {
      received: (_link, by, packet) => {
        if (by === channel && packet.length === limits.packetBytesMax) {
          arrived.push(new DataView(packet.buffer).getUint32(0));
        }
      },
    },
  );
  pump();
  // The last ones on `frames` may be lost for good, so `control` says when everything was sent.
  await untilInRealTime(() => sent === packets && pair.dialer.bufferedBytes(LINK, channel) === 0);
  if (channel === Channel.control) await untilInRealTime(() => arrived.length === packets);
  pair.dialer.close(LINK);
  await untilInRealTime(() => pair.answerer.connectionsOpen === 0);
  return arrived;
}

async function endsWhen(
  act: (link: HostileLink) => void,
  reason: string,
  rewrite?: (sdp: string) => string,
): Promise<void> {
  const link = await dialHostilely(rewrite);
  if (!rewrite) await link.opened;
  act(link);
  expectEqual(await link.ended, reason);
  link.connection.close();
  await untilInRealTime(() => link.transport.connectionsOpen === 0);
}

/** Another certificate's fingerprint. */
const withOtherFingerprint = (sdp: string): string =>
  sdp.replace(
    /(a=fingerprint:sha-256 )(..)/,
    (_all, head: string, byte: string) => `${head}${byte === '00' ? '01' : '00'}`,
  );

export const webrtcCases: readonly Case[] = [
  {
    name: '1,000 packets of 16 KiB arrive in order on control',
    run: async () => {
      const arrived = await sendMany(Channel.control, 1_000);
      expectEqual(arrived.length, 1_000);
      expectEqual(
        arrived.every((number, at) => number === at),
        true,
      );
    },
  },
  {
    name: 'most of 1,000 packets of 16 KiB arrive on frames, none twice',
    run: async () => {
      const arrived = await sendMany(Channel.frames, 1_000);
      expectEqual(new Set(arrived).size, arrived.length);
      expectEqual(arrived.length > 500, true);
    },
  },
  {
    name: 'both ends let go of their connections after a close',
    run: async () => {
      const { dialer, answerer } = await openPair({}, {});
      expectEqual(dialer.connectionsMade, 1);
      dialer.close(LINK);
      await untilInRealTime(() => dialer.connectionsOpen === 0 && answerer.connectionsOpen === 0);
    },
  },
  {
    name: 'a link opens to a bare connection that speaks the same signals',
    run: async () => {
      const { opened, connection, transport } = await dialHostilely();
      await opened;
      transport.close(LINK);
      connection.close();
    },
  },
  {
    name: 'text ends a link',
    run: () => endsWhen(({ channels }) => channels[Channel.control]?.send('hello'), 'sent text'),
  },
  {
    name: 'a packet over 16 KiB ends a link',
    run: () =>
      endsWhen(
        ({ channels }) => channels[Channel.frames]?.send(new Uint8Array(limits.packetBytesMax + 1)),
        'sent a packet over 16 KiB',
      ),
  },
  {
    name: 'a third channel ends a link',
    run: () =>
      endsWhen(
        ({ connection }) => connection.createDataChannel('third'),
        'opened a channel that was not agreed on',
      ),
  },
  {
    name: 'a close of one channel ends a link, a closed connection too',
    run: async () => {
      await endsWhen(({ channels }) => channels[Channel.frames]?.close(), 'closed by the remote end');
      await endsWhen(({ connection }) => connection.close(), 'closed by the remote end');
    },
  },
  {
    name: 'an offer with another fingerprint than the certificate never opens',
    run: () => endsWhen(() => {}, 'no path to the peer', withOtherFingerprint),
  },
  {
    name: 'an offer without a SHA-256 fingerprint, or with sound, is turned down',
    run: async () => {
      await endsWhen(
        () => {},
        'unusable signal',
        (sdp) => sdp.replace('sha-256', 'sha-384'),
      );
      await endsWhen(
        () => {},
        'unusable signal',
        (sdp) => `${sdp}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`,
      );
    },
  },
  {
    name: 'a second offer to an open link is counted and ignored',
    run: async () => {
      const { opened, connection, transport } = await dialHostilely();
      await opened;
      const sdp = connection.localDescription?.sdp ?? '';
      for (const payload of encodeSignals([{ type: 'offer', sdp }])) transport.signal(LINK, payload);
      expectEqual(transport.refusedSignals[SignalRefusal.unexpectedDescription], 1);
      expectEqual(transport.send(LINK, Channel.control, new Uint8Array(1)), true);
      transport.close(LINK);
      connection.close();
    },
  },
  {
    name: 'links over the cap are turned down, and the others stay',
    run: async () => {
      const transport = await newTransport();
      const closings: string[] = [];
      transport.attach(quietSink({ closed: (_link, reason) => closings.push(reason) }));
      const links = Array.from({ length: 2 * limits.linksMax + 1 }, (_, at) => (at + 1) as typeof LINK);
      for (const link of links) transport.dial(link, { kind: 'peer', peer: '' as never });
      await untilInRealTime(() => closings.length > 0);
      expectEqual(closings.join(), 'too many links');
      for (const link of links) transport.close(link);
      await untilInRealTime(() => transport.connectionsOpen === 0);
    },
  },
];
