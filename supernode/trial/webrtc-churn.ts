/**
 * Opens and closes WebRTC links between two transports of this process, 200 a round, and says what is left of them: one line of JSON
 * a round. Then it simply ends, as a program that is done should.
 */
import { readdirSync } from 'node:fs';
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { Channel, type LinkSink } from '@murmuration/shared/node/ports.ts';
import { NodeClock } from '../src/node-clock.ts';
import { generateNodeIdentity } from '../src/node-crypto.ts';
import { openDataChannelTransport } from '../src/node-rtc/node-transport.ts';

const ROUNDS = 3;
const BATCHES = 10;
const BATCH_LINKS = 20;
const PACKET = new Uint8Array(1_024);

const open = () =>
  openDataChannelTransport({
    clock: new NodeClock(),
    crypto: generateNodeIdentity(),
    bindAddress: '127.0.0.1',
  });
const near = await open();
const far = await open();

let heard = 0;
let closed = 0;
let whenAllClosed = (): void => {};
const accepted = new Set<LinkId>();
const sink = (others: Partial<LinkSink>): LinkSink => ({
  incoming: () => undefined,
  opened: () => {},
  signal: () => {},
  received: () => {},
  drained: () => {},
  closed: () => {},
  ...others,
});
near.transport.attach(
  sink({
    opened: (link) => near.transport.send(link, Channel.control, PACKET),
    signal: (link, payload) => {
      if (accepted.has(link)) far.transport.signal(link, payload);
      else far.transport.accept(link, '' as PeerId, payload);
      accepted.add(link);
    },
    closed: (link, reason) => {
      throw new Error(`link ${link} failed: ${reason}`);
    },
  }),
);
far.transport.attach(
  sink({
    signal: (link, payload) => near.transport.signal(link, payload),
    received: (link) => {
      heard++;
      near.transport.close(link);
    },
    closed: () => {
      if (++closed % BATCH_LINKS === 0) whenAllClosed();
    },
  }),
);

let next = 1;
for (let round = 1; round <= ROUNDS; round++) {
  for (let batch = 0; batch < BATCHES; batch++) {
    const batchClosed = new Promise<void>((resolve) => {
      whenAllClosed = resolve;
    });
    for (let at = 0; at < BATCH_LINKS; at++)
      near.transport.dial(next++ as LinkId, { kind: 'peer', peer: '' as PeerId });
    await batchClosed;
  }
  while (near.transport.connectionsOpen + far.transport.connectionsOpen > 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  globalThis.gc?.();
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  const residentMegabytes = Math.round(process.memoryUsage.rss() / 1e5) / 10;
  console.log(
    JSON.stringify({ round, made: near.transport.connectionsMade, heard, descriptors, residentMegabytes }),
  );
}
await Promise.all([near.release(), far.release()]);
