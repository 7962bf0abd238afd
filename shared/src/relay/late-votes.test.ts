import { describe, expect, it } from 'vitest';
import { frameOf, hashOf } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, RelayLoop, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';

const [A, B, C, D] = [1, 2, 3, 4].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];

describe('votes that come after a frame', () => {
  it('[R13] a digest that comes after frames were handed over still confirms them, until the time set is over', () => {
    const loop = new RelayLoop();
    for (const id of [HOST, A, B, C, D]) loop.add(id);
    loop.beacon();
    loop.connect(HOST, A);
    loop.run(1_000);
    loop.connect(A, B);
    loop.run(1_000);
    for (const voter of [C, D]) loop.connect(B, voter);
    loop.run(1_000);
    loop.drop = (from) => from === C || from === D;
    loop.input(B, { type: 'set-confirm-within', confirmWithinMs: 300 });
    const give = (seq: number) => loop.input(B, { type: 'frame', peer: A, frame: frameOf(seq) });
    const hear = (peer: PeerId, message: RelayMessage) => loop.input(B, { type: 'message', peer, message });
    for (const seq of range(0, 16)) {
      const message = { type: MessageType.votes, epoch: 1_000, votes: [{ seq, hash: hashOf(seq) }] } as const;
      hear(C, message);
      hear(D, message);
      give(seq);
    }
    const counts = () => {
      const { framesConfirmed, framesUnconfirmed } = loop.member(B).relay.counters;
      return [framesConfirmed, framesUnconfirmed];
    };
    expect(counts()).toEqual([16, 0]);
    for (const seq of range(16, 48)) give(seq);
    loop.run(299);
    expect(loop.delivered(B)).toEqual(range(0, 48));
    expect(counts()).toEqual([16, 0]);
    for (const { from, to, output } of [...loop.sent])
      if (from === B && to === C && output.type === 'send' && output.message.type === MessageType.voteDigest)
        if (output.message.base === 16) hear(C, output.message);
    expect(counts()).toEqual([32, 0]);
    loop.run(1);
    expect(counts()).toEqual([32, 16]);
  });
});
