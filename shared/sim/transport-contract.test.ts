/** The contract of transports, on the simulated one. */
import { test } from 'vitest';
import type { PeerId } from '../src/lib/ids.ts';
import { defaultNetworkSettings } from './network-settings.ts';
import { SimNetwork } from './sim-network.ts';
import { SimTransport } from './sim-transport.ts';
import { Trace } from './trace.ts';
import { type TransportPair, transportCases } from './transport-contract.ts';
import { VirtualClock } from './virtual-clock.ts';

const WITHIN_MS = 120_000;
const line = { uploadBitsPerSecond: 10_000_000, downloadBitsPerSecond: undefined };
const farPeer = 'far' as PeerId;

function simulatedPair(kind: 'peer' | 'supernode'): TransportPair {
  const clock = new VirtualClock();
  const network = new SimNetwork(clock, new Trace(), 7, defaultNetworkSettings);
  const far = new SimTransport(network, 2, line);
  network.listen('ws://far/link', far);
  return {
    near: new SimTransport(network, 1, line),
    far,
    farAddress: kind === 'peer' ? { kind, peer: farPeer } : { kind, url: 'ws://far/link' },
    unreachable: kind === 'peer' ? { kind, peer: 'nobody' as PeerId } : { kind, url: 'ws://nobody/link' },
    nearPeer: 'near' as PeerId,
    can: { frames: true, flushOnClose: true },
    until: async (condition) => {
      const untilMs = clock.nowMs + WITHIN_MS;
      while (!condition()) {
        if (clock.nowMs > untilMs) throw new Error(`still waiting after ${WITHIN_MS} ms for: ${condition}`);
        clock.runUntil(clock.nowMs + 1);
      }
    },
  };
}

for (const kind of ['peer', 'supernode'] as const) {
  for (const { name, run } of transportCases) {
    test(`simulated link to a ${kind}: ${name}`, () => run(simulatedPair(kind)));
  }
}
