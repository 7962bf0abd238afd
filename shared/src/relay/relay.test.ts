import { describe, expect, it } from 'vitest';
import { frameOf, hashOf } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, RelayLoop, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { relayTimings } from './relay-contract.ts';

const [A, B, C] = [1, 2, 3].map(peerOf) as [PeerId, PeerId, PeerId];

/** host — A — B, and C as a second way from the host to B. */
function chain(options: { withC?: boolean } = {}): RelayLoop {
  const loop = new RelayLoop();
  for (const id of [HOST, A, B]) loop.add(id);
  loop.beacon();
  loop.connect(HOST, A);
  loop.run(1_000);
  loop.connect(A, B);
  if (options.withC) {
    loop.add(C);
    loop.connect(HOST, C);
    loop.run(1_000);
    loop.connect(C, B);
  }
  loop.run(1_000);
  return loop;
}

describe('host → A → B', () => {
  it('[R13] every frame reaches every application, in order and once, over two hops', () => {
    const loop = chain();
    loop.publish(100);
    loop.run(500);
    expect([loop.parentOf(A), loop.parentOf(B)]).toEqual([HOST, A]);
    expect(loop.delivered(A)).toEqual(range(0, 100));
    expect(loop.delivered(B)).toEqual(range(0, 100));
    expect(loop.pushesTo(B)).toEqual(range(0, 100));
  });

  it('[R10] the beacon reaches those who have no link to the host, once per link', () => {
    const loop = chain();
    loop.beacon();
    loop.run(100);
    const beacons = loop.sent.filter(
      ({ output }) =>
        output.type === 'send' && output.message.type === MessageType.beacon && output.message.counter === 1,
    );
    expect(beacons.map(({ from, to }) => [from, to])).toEqual([
      [HOST, A],
      [A, B],
    ]);
    expect(loop.member(B).relay.hostPeer).toBe(HOST);
  });

  it('[R10] an older beacon changes nothing, a newer epoch begins anew', () => {
    const loop = chain();
    loop.publish(20);
    loop.run(100);
    loop.beacon({ counter: 0, title: 'stale' });
    expect(loop.member(HOST).relay.beacon?.title).toBe('a stream');
    loop.beacon({ epoch: 2_000, nextSeq: 0 });
    loop.run(1_000);
    expect(loop.member(B).relay.beacon?.epoch).toBe(2_000);
    expect(loop.member(B).relay.state?.frames.framesHeld).toBe(0);
    loop.input(HOST, { type: 'own-frame', frame: frameOf(0, { epoch: 2_000 }) });
    loop.input(HOST, { type: 'own-frame', frame: frameOf(1) });
    loop.run(1_000);
    expect(loop.delivered(B)).toEqual([...range(0, 20), 0]);
    expect([loop.parentOf(A), loop.parentOf(B)]).toEqual([HOST, A]);
  });

  it('[R15] a late joiner starts at the newest key and gets all since then', () => {
    const loop = new RelayLoop();
    for (const id of [HOST, A, B]) loop.add(id);
    loop.beacon();
    loop.connect(HOST, A);
    loop.run(1_000);
    loop.publish(57);
    loop.connect(A, B);
    loop.run(500);
    loop.publish(20);
    loop.run(500);
    expect(loop.delivered(B)).toEqual(range(50, 77));
  });

  it('[R14] lost frames are pulled, from the parent too, and none is missed', () => {
    const loop = chain();
    const lost = new Set<number>();
    loop.drop = (_from, to, output) => {
      const seq = output.type === 'push' ? output.frame.header.seq : -1;
      if (to !== B || seq % 7 !== 3 || lost.has(seq)) return false;
      return lost.add(seq).has(seq);
    };
    loop.publish(100);
    loop.run(1_000);
    expect(lost.size).toBe(14);
    expect(loop.delivered(B)).toEqual(range(0, 100));
    expect(loop.member(B).relay.state?.repair.pulled).toBe(14);
    expect(loop.member(B).relay.counters.framesSkipped).toBe(0);
  });

  it('[R14] frames that come before the answer to a subscribe, with gaps, are completed', () => {
    const loop = new RelayLoop();
    for (const id of [HOST, A, B]) loop.add(id);
    loop.beacon();
    loop.connect(HOST, A);
    loop.run(1_000);
    loop.publish(18);
    loop.connect(A, B);
    // The control channel stalls while frames go on, and some of these are lost.
    const held: (() => void)[] = [];
    loop.drop = (from, to, output) => {
      if (from !== A || to !== B) return false;
      if (output.type === 'push') return [12, 13, 15].includes(output.frame.header.seq);
      if (output.message.type !== MessageType.subscribed) return false;
      const { message } = output;
      held.push(() => loop.input(B, { type: 'message', peer: A, message }));
      return true;
    };
    loop.run(150);
    expect(loop.member(B).relay.state?.frames.headSeq).toBe(17);
    loop.drop = () => false;
    for (const release of held) release();
    loop.run(600);
    expect(loop.delivered(B)).toEqual(range(10, 18));
  });

  it('[R13] a frame that nobody has any more is skipped up to the next key', () => {
    const loop = chain();
    loop.drop = (from, to, output) =>
      from === A && to === B && output.type === 'push' && output.frame.header.seq === 25;
    loop.publish(100);
    loop.run(2_000);
    expect(loop.delivered(B)).toEqual([...range(0, 25), ...range(30, 100)]);
    expect(loop.member(B).told).toContainEqual(
      expect.objectContaining({ type: 'gap', fromSeq: 25, toSeq: 29 }),
    );
  });

  it('[R13] a viewer that slept for longer than anybody keeps frames goes on at the newest key', () => {
    const loop = chain();
    loop.publish(25);
    loop.run(100);
    loop.disconnect(A, B);
    loop.publish(9_003, 2);
    loop.beacon();
    loop.run(10);
    loop.connect(A, B);
    loop.publish(10);
    loop.run(500);
    expect(loop.delivered(B)).toEqual([...range(0, 25), ...range(9_020, 9_038)]);
    expect(loop.member(B).told).toContainEqual(
      expect.objectContaining({ type: 'gap', fromSeq: 25, toSeq: 9_019 }),
    );
    expect(loop.member(B).relay.counters.framesSkipped).toBe(9_020 - 25);
  });

  it('[R13] … even if it learns from a stale beacon where the stream is', () => {
    const loop = chain();
    loop.publish(25);
    loop.run(100);
    loop.disconnect(A, B);
    loop.publish(9_003, 2);
    loop.connect(A, B);
    loop.run(100);
    loop.beacon();
    loop.publish(200);
    loop.run(500);
    expect(loop.delivered(B).slice(-190)).toEqual(range(9_038, 9_228));
    expect(loop.member(B).relay.state?.repair.missing).toBe(0);
  });

  it('[R13] a node that joins data late gets what is kept, from the newest key on', () => {
    const loop = chain();
    loop.add(C, { gapPolicy: 'wait' });
    loop.publish(35);
    loop.connect(B, C);
    loop.run(1_000);
    expect(loop.delivered(C)).toEqual(range(30, 35));
  });
});

describe('votes', () => {
  it('[R12] what comes from the host itself is confirmed at once', () => {
    const loop = chain();
    loop.publish(50);
    loop.run(200);
    const { framesConfirmed, framesUnconfirmed } = loop.member(A).relay.counters;
    expect([framesConfirmed, framesUnconfirmed]).toEqual([50, 0]);
  });

  it('[R12] neighbours that are ahead confirm; without them the deadline does, as unconfirmed', () => {
    const loop = chain({ withC: true });
    // C votes for everything 100 ms before B has it from A: it is ahead, and of the electorate.
    loop.drop = (from, to, output) => from === A && to === B && output.type === 'push';
    for (const seq of range(0, 60)) {
      loop.input(HOST, { type: 'own-frame', frame: frameOf(seq) });
      loop.run(20);
      const votes = [{ seq, hash: hashOf(seq) }];
      loop.input(B, { type: 'message', peer: C, message: { type: MessageType.votes, epoch: 1_000, votes } });
      loop.input(B, { type: 'frame', peer: A, frame: frameOf(seq) });
    }
    loop.run(300);
    const { framesConfirmed, framesUnconfirmed, votesConflicting } = loop.member(B).relay.counters;
    expect([framesConfirmed, framesUnconfirmed, votesConflicting]).toEqual([60, 0, 0]);
  });

  it('[R12] two hashes for one frame: the frame is delivered at its deadline, unconfirmed, and the conflict counted', () => {
    const loop = chain({ withC: true });
    loop.add(peerOf(4));
    loop.connect(B, peerOf(4));
    loop.publish(1);
    loop.run(300);
    const before = loop.member(B).relay.counters.framesUnconfirmed;
    for (const liar of [C, peerOf(4)]) {
      const votes = [{ seq: 1, hash: hashOf(1, 'forged') }];
      loop.input(B, {
        type: 'message',
        peer: liar,
        message: { type: MessageType.votes, epoch: 1_000, votes },
      });
    }
    loop.input(B, { type: 'frame', peer: A, frame: frameOf(1) });
    loop.run(34);
    expect(loop.delivered(B)).toEqual([0]);
    loop.run(1);
    expect(loop.delivered(B)).toEqual([0, 1]);
    const { framesUnconfirmed, votesConflicting } = loop.member(B).relay.counters;
    expect([framesUnconfirmed - before, votesConflicting]).toEqual([1, 2]);
  });

  it('[R11] one digest stands for sixteen frames, and the rest is voted for a moment later', () => {
    const loop = chain({ withC: true });
    loop.publish(40);
    loop.run(100);
    const digests = () =>
      loop.sent.flatMap(({ from, to, output }) =>
        from === B && output.type === 'send' && output.message.type === MessageType.voteDigest
          ? [{ to, ...output.message }]
          : [],
      );
    const words = () => digests().map(({ to, base, count }) => [to, base, count]);
    expect(words().filter(([to]) => to === A)).toEqual([
      [A, 0, 16],
      [A, 16, 16],
    ]);
    expect(words().filter(([to]) => to === C)).toHaveLength(2);
    loop.run(relayTimings.partVoteAfterMs);
    expect(
      words()
        .filter(([to]) => to === A)
        .at(-1),
    ).toEqual([A, 32, 8]);
    expect(new Set(digests().map(({ base, digest }) => `${base} ${digest}`)).size).toBe(3);
    expect(loop.member(B).relay.counters.votesConflicting).toBe(0);
  });

  it('[R11] where two digests differ, each is sent the votes one by one, once', () => {
    const loop = chain({ withC: true });
    loop.publish(40);
    loop.run(200);
    const digest = (changes: object = {}): RelayMessage => ({
      type: MessageType.voteDigest,
      epoch: 1_000,
      base: 16,
      count: 15,
      digest: 'another digest..',
      ...changes,
    });
    const stranger = peerOf(9);
    loop.add(stranger);
    loop.connect(B, stranger);
    const say = (message: RelayMessage) =>
      loop
        .input(B, { type: 'message', peer: stranger, message })
        .flatMap((output) =>
          output.type === 'send' && output.message.type === MessageType.votes ? [output.message.votes] : [],
        );
    expect(say(digest()).map((votes) => votes.map(({ seq }) => seq))).toEqual([range(16, 31)]);
    expect(say(digest({ count: 16 }))).toEqual([]);
  });
});

describe('a lost parent', () => {
  it.each(['its link closes', 'it falls silent'])(
    '[R16] %s: a standby takes over and no frame is missed',
    (how) => {
      const loop = chain({ withC: true });
      loop.publish(50);
      const parent = loop.parentOf(B) as PeerId;
      const standby = loop.member(B).relay.forest?.trees[0]?.standby(loop.now);
      expect(standby).toBe(parent === A ? C : A);
      if (how === 'its link closes') loop.disconnect(parent, B);
      else {
        loop.drop = (from, to) => from === parent && to === B;
        loop.publish(30);
        loop.input(B, { type: 'peer-health', peer: parent, silent: true, rttMs: undefined });
      }
      loop.publish(50);
      loop.run(1_000);
      expect(loop.parentOf(B)).toBe(standby);
      expect(loop.delivered(B)).toEqual(range(0, how === 'its link closes' ? 100 : 130));
      expect(loop.member(B).relay.counters.framesSkipped).toBe(0);
    },
  );

  it('[R16] a parent that pushes nothing while frames have to be pulled elsewhere is replaced', () => {
    const loop = chain({ withC: true });
    loop.publish(20);
    const parent = loop.parentOf(B) as PeerId;
    loop.drop = (from, to, output) => from === parent && to === B && output.type === 'push';
    loop.publish(100);
    loop.run(1_000);
    expect(loop.parentOf(B)).toBe(parent === A ? C : A);
    expect(loop.delivered(B)).toEqual(range(0, 120));
  });

  it('[R16] an orphan keeps its children while it looks for another parent', () => {
    const loop = chain();
    loop.add(C);
    loop.connect(HOST, C);
    loop.run(500);
    loop.publish(30);
    // A loses the host, but has C.
    loop.connect(A, C);
    loop.run(200);
    loop.disconnect(HOST, A);
    loop.publish(60);
    loop.run(500);
    expect([loop.parentOf(A), loop.parentOf(B)]).toEqual([C, A]);
    expect(loop.delivered(B)).toEqual(range(0, 90));
  });

  it.each(['its link is opened again', 'it speaks again'])(
    '[R16] the only parent is taken again when %s',
    (how) => {
      const loop = chain();
      loop.publish(20);
      if (how === 'its link is opened again') {
        loop.disconnect(A, B);
        loop.run(2_000);
        loop.connect(A, B);
      } else loop.input(B, { type: 'peer-health', peer: A, silent: true, rttMs: undefined });
      loop.run(3_000);
      expect(loop.parentOf(B)).toBe(A);
      loop.publish(20);
      loop.run(500);
      expect(loop.delivered(B)).toEqual(range(0, 40));
    },
  );

  it('[R16] orphans never feed each other in a ring', () => {
    const loop = chain({ withC: true });
    loop.connect(A, C);
    loop.publish(30);
    loop.disconnect(HOST, A);
    loop.disconnect(HOST, C);
    loop.run(10_000);
    for (const id of [A, B, C]) {
      const tree = loop.member(id).relay.forest?.trees[0];
      expect([tree?.parent, tree?.path]).toEqual([undefined, []]);
    }
    loop.connect(HOST, C);
    loop.publish(60);
    loop.run(1_000);
    for (const id of [A, B, C]) expect(loop.delivered(id).at(-1)).toBe(89);
  });

  it('[R15] a full parent refuses and names its children; who is let go finds another place', () => {
    const loop = new RelayLoop();
    for (const id of [HOST, A, B]) loop.add(id, { slots: 1 });
    loop.beacon();
    loop.connect(HOST, A);
    loop.run(300);
    loop.connect(HOST, B);
    loop.connect(A, B);
    loop.run(2_000);
    expect([loop.parentOf(A), loop.parentOf(B)]).toEqual([HOST, A]);
    loop.input(A, { type: 'set-offer', uploadBitsPerSecond: Number.POSITIVE_INFINITY, slots: 0 });
    loop.run(100);
    expect(loop.parentOf(B)).toBeUndefined();
    loop.input(HOST, { type: 'set-offer', uploadBitsPerSecond: Number.POSITIVE_INFINITY, slots: 2 });
    loop.run(2_000);
    expect(loop.parentOf(B)).toBe(HOST);
  });
});
