/** Bundles (PROTOCOL.md R9) on their way through the relay: what the application of a viewer gets of them. */
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, RelayLoop, range } from '../../test-kit/relay-loop.ts';
import { limits } from '../wire/limits.ts';
import { encodeBundle } from '../wire/message-bundle.ts';

const A = peerOf(1);
const LATE = peerOf(2);
const PER_BUNDLE = 10;

const numbered = (number: number): Uint8Array => Uint8Array.of(number & 255, number >> 8);
/** The frame at `seq`, with the ten messages whose turn it is. */
const bundleAt = (seq: number) =>
  frameOf(seq, {
    key: true,
    keySeq: seq,
    bundle: true,
    payload: encodeBundle(range(seq * PER_BUNDLE, (seq + 1) * PER_BUNDLE).map(numbered)),
  });

function setUp(minVotes = 0) {
  const loop = new RelayLoop();
  for (const id of [HOST, A, LATE]) loop.add(id, { gapPolicy: 'wait', retentionMs: 3_000 });
  loop.beacon({ minVotes });
  loop.connect(HOST, A);
  loop.run(1_000);
  const publish = (frame: ReturnType<typeof frameOf>): void => {
    loop.input(HOST, { type: 'own-frame', frame });
    loop.run(10);
  };
  return { loop, publish };
}
const gapsOf = (loop: RelayLoop) =>
  loop.member(A).told.flatMap((output) => (output.type === 'gap' ? [[output.fromSeq, output.toSeq]] : []));

describe('bundles in the relay', () => {
  it('[R9] each message comes once and in order; who joins late starts with a bundle', () => {
    const { loop, publish } = setUp();
    for (const seq of range(0, 20)) publish(bundleAt(seq));
    loop.connect(A, LATE);
    loop.run(500);
    for (const seq of range(20, 40)) publish(bundleAt(seq));
    loop.run(500);
    expect(loop.delivered(A)).toEqual(range(0, 400));
    expect(loop.delivered(LATE)).toEqual(range(190, 400));
    const { counters } = loop.member(A).relay;
    expect([counters.framesDelivered, counters.messagesDelivered]).toEqual([40, 400]);
  });

  it('[R39] where frames are not signed as well', () => {
    const { loop, publish } = setUp(1);
    loop.connect(A, LATE);
    for (const seq of range(0, 20)) publish(bundleAt(seq));
    loop.run(500);
    for (const id of [A, LATE]) expect(loop.delivered(id)).toEqual(range(0, 200));
    expect(loop.member(LATE).relay.state?.ballots).toBeDefined();
  });

  it('[R13] a bundle that is lost is pulled; one that nobody has is a gap, and the next goes on', () => {
    const { loop, publish } = setUp();
    let pushes = 0;
    loop.drop = (_from, to, output) => {
      if (to !== A || output.type !== 'push') return false;
      const { seq } = output.frame.header;
      return seq === 12 || (seq === 5 && pushes++ === 0);
    };
    for (const seq of range(0, 20)) publish(bundleAt(seq));
    loop.run(5_000);
    expect(loop.delivered(A)).toEqual([...range(0, 120), ...range(130, 200)]);
    expect(gapsOf(loop)).toEqual([[12, 12]]);
  });

  it('[R9] one that cannot be read is a gap, nothing of it is delivered, and the stream goes on', () => {
    const { loop, publish } = setUp();
    const hostile = [
      new Uint8Array(0),
      Uint8Array.of(0, 1, 7, 0, 9),
      new Uint8Array(limits.framePayloadBytesMax),
      encodeBundle([numbered(0), new Uint8Array(9)]).subarray(0, -1),
    ];
    publish(bundleAt(0));
    for (const [at, payload] of hostile.entries()) publish(frameOf(at + 1, { bundle: true, payload }));
    publish(bundleAt(hostile.length + 1));
    loop.run(500);
    expect(loop.delivered(A)).toEqual([...range(0, 10), ...range(50, 60)]);
    expect(gapsOf(loop)).toEqual(hostile.map((_, at) => [at + 1, at + 1]));
    expect(loop.member(A).relay.counters.rejected).toEqual({ 'unreadable-bundle': hostile.length });
  });

  it('[R6] a host can make one frame 1,024 messages, and no more', () => {
    const { loop, publish } = setUp();
    publish(frameOf(0, { bundle: true, payload: new Uint8Array(2 * limits.bundleMessagesMax) }));
    publish(frameOf(1, { bundle: true, payload: new Uint8Array(2 * limits.bundleMessagesMax + 2) }));
    loop.run(500);
    expect(loop.delivered(A)).toHaveLength(limits.bundleMessagesMax);
    expect(gapsOf(loop)).toEqual([[1, 1]]);
  });
});
