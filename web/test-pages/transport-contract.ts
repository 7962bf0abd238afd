/** Runs the contract of transports on two WebRTC transports of this page, then what is special about WebRTC. */
import type { PeerId } from '@murmuration/shared/lib/ids.ts';
import { transportCases, untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { newTransport } from './page-pair.ts';
import { type Case, runCases } from './run-cases.ts';
import { webrtcCases } from './webrtc-cases.ts';

const contractCases: readonly Case[] = transportCases.map(({ name, run }) => ({
  name,
  run: async () =>
    run({
      near: await newTransport(),
      far: await newTransport(),
      farAddress: { kind: 'peer', peer: 'far' as PeerId },
      unreachable: { kind: 'peer', peer: 'nobody' as PeerId },
      nearPeer: 'near' as PeerId,
      can: { frames: true, flushOnClose: true },
      until: untilInRealTime,
    }),
}));

void runCases([...contractCases, ...webrtcCases]);
