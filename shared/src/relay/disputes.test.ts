import { describe, expect, it } from 'vitest';
import { Signer } from '../../test-kit/crypto.ts';
import { EPOCH, START } from '../../test-kit/frames.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { HOST, RelayLoop, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import type { Equivocation, FrameHead } from '../wire/frame-head.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { proofOf } from './disputes.ts';
import { type AuthenticFrame, relayTimings } from './relay-contract.ts';

const [A, B, C, D, MALLORY] = [1, 2, 3, 4, 66].map(peerOf) as [PeerId, PeerId, PeerId, PeerId, PeerId];
const host = new Signer(1);
/** The host signs one version for one half of the network, and another for the other. */
const one = (seq: number): AuthenticFrame => host.authentic(seq, counting(1, 20));
const other = (seq: number): AuthenticFrame => host.authentic(seq, counting(2, 20));

/** A — B — C in a row, and all of them know the host's beacon; no host takes part, so that each can be given what the test likes. */
function chain(): RelayLoop {
  const loop = new RelayLoop();
  for (const id of [A, B, C]) loop.add(id);
  loop.connect(A, B);
  loop.connect(B, C);
  for (const id of [A, B, C]) {
    loop.input(id, { type: 'beacon', peer: HOST, beacon: host.beacon(), host: HOST });
    loop.input(id, { type: 'peer-up', peer: HOST });
  }
  return loop;
}

const give = (loop: RelayLoop, id: PeerId, frame: AuthenticFrame, peer = HOST) =>
  loop.input(id, { type: 'frame', peer, frame });

const say = (loop: RelayLoop, id: PeerId, message: RelayMessage, peer = MALLORY) =>
  loop.input(id, { type: 'message', peer, message });

const ended = (loop: RelayLoop, id: PeerId): unknown[] =>
  loop.member(id).told.filter(({ type }) => type === 'equivocation');

const sentOf = (loop: RelayLoop, type: FrameHead['type'] | Equivocation['type']) =>
  loop.sent.filter(({ output }) => output.type === 'send' && output.message.type === type);

const votes = (frames: readonly AuthenticFrame[], epoch = EPOCH): RelayMessage => ({
  type: MessageType.votes,
  epoch,
  votes: frames.map(({ header: { seq }, hash }) => ({ seq, hash })),
});

describe('a host that signs two versions of a frame', () => {
  it('[R38] is found out by neighbours whose votes differ, and its epoch ends wherever the proof comes', () => {
    const loop = chain();
    for (const seq of range(0, 16)) {
      give(loop, A, one(seq));
      give(loop, B, seq < 8 ? one(seq) : other(seq));
      give(loop, C, seq < 8 ? one(seq) : other(seq));
    }
    loop.run(100);
    for (const id of [A, B, C]) {
      expect(ended(loop, id)).toEqual([expect.objectContaining({ epoch: EPOCH, seq: 8 })]);
      expect(loop.member(id).relay.state).toBeUndefined();
    }
    // Each link is told once in each direction at most.
    const links = sentOf(loop, MessageType.equivocation)
      .filter(({ to }) => to !== HOST)
      .map(({ from, to }) => from + to);
    expect(new Set(links).size).toBe(links.length);
  });

  it('[R38] the proof holds: both heads are of the frames that were signed, and differ', () => {
    const loop = chain();
    give(loop, A, one(0));
    give(loop, B, other(0));
    loop.run(2 * relayTimings.partVoteAfterMs);
    const proof = sentOf(loop, MessageType.equivocation)[0]?.output;
    const heads = [host.head(0, counting(1, 20)).head, host.head(0, counting(2, 20)).head];
    expect(proof).toMatchObject({ message: { stream: host.stream, epoch: EPOCH, seq: 0 } });
    expect(proof).toMatchObject({ message: { heads: expect.arrayContaining(heads) } });
  });

  it('[R38] the proof says of a bundle that it is one: the signature covers that', () => {
    const held = one(0);
    const bundle = { ...held, header: { ...held.header, bundle: true } };
    const heads = proofOf(host.head(0, counting(2, 20)), bundle)?.heads;
    expect(heads?.map((head) => head.bundle)).toEqual([true, false]);
  });

  it('[R38] nothing of the ended epoch is taken, pushed or delivered any more, nor asked for', () => {
    const loop = chain();
    give(loop, A, one(0));
    say(loop, A, host.equivocation(5), B);
    const before = loop.sent.length;
    const { relay, told } = loop.member(A);
    const toldBefore = told.length;
    expect(relay.admits(one(1).header, 20, undefined, START)).toBe(false);
    give(loop, A, one(1));
    say(loop, A, votes([one(2)]), B);
    loop.input(A, {
      type: 'beacon',
      peer: HOST,
      beacon: host.beacon({ counter: 1, nextSeq: 9 }),
      host: HOST,
    });
    loop.run(5_000);
    const types = loop.sent.slice(before).flatMap(({ from, output }) => {
      if (from !== A) return [];
      return [output.type === 'send' ? output.message.type : output.type];
    });
    // The beacon goes on: who comes later needs the key in it to check the proof.
    expect(new Set(types)).toEqual(new Set([MessageType.beacon]));
    expect(told.slice(toldBefore).map(({ type }) => type)).toEqual(['beacon']);
    expect(relay.counters.rejected['ended-epoch']).toBeGreaterThanOrEqual(2);
    expect(relay.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    expect(relay.uses(B)).toBe(false);
  });

  it('[R38] a neighbour that comes later is told the beacon, then the proof', () => {
    const loop = chain();
    say(loop, A, host.equivocation(5), B);
    const outputs = loop.input(A, { type: 'peer-up', peer: D });
    expect(outputs).toMatchObject([
      { type: 'send', peer: D, message: { type: MessageType.beacon } },
      { type: 'send', peer: D, message: { type: MessageType.equivocation, seq: 5 } },
    ]);
  });

  it('[R38] a restart is another epoch: it begins anew, and old proofs, heads and votes do not touch it', () => {
    const loop = chain();
    say(loop, A, host.equivocation(5), B);
    const restarted = host.beacon({ epoch: EPOCH + 1 });
    loop.input(A, { type: 'beacon', peer: HOST, beacon: restarted, host: HOST });
    const { relay } = loop.member(A);
    expect(relay.state).toBeDefined();
    const anew = host.frame(0, counting(9, 20), EPOCH + 1);
    const seal = { payloadHash: host.head(0, counting(9, 20)).head.payloadHash, signature: anew.signature };
    give(loop, A, { ...one(0), header: anew.header, payload: anew.payload, packet: anew.packet, seal });
    // The same seq of the epoch before, said in every way there is.
    for (const message of [votes([other(0)]), host.head(0, counting(2, 20)), host.equivocation(0)])
      say(loop, A, message, B);
    expect(relay.wantsCharge(host.equivocation(0))).toBe(false);
    expect(relay.wantsCharge(host.head(0, counting(2, 20)))).toBe(false);
    loop.run(1_000);
    expect(relay.state?.frames.framesHeld).toBe(1);
    expect(ended(loop, A)).toHaveLength(1);
    // Nor does a neighbour that comes now hear of it.
    expect(JSON.stringify(loop.input(A, { type: 'peer-up', peer: D }))).not.toContain('heads');
  });

  it('[R38] learns of it as well, and stops: somebody else signs with its key', () => {
    const loop = new RelayLoop();
    for (const id of [HOST, A]) loop.add(id);
    loop.beacon();
    loop.connect(HOST, A);
    loop.run(500);
    for (const seq of range(0, 4)) loop.input(HOST, { type: 'own-frame', frame: one(seq) });
    loop.run(100);
    const pushed = loop.pushesTo(A).length;
    say(loop, HOST, host.head(2, counting(2, 20)), A);
    loop.input(HOST, { type: 'own-frame', frame: one(4) });
    loop.run(500);
    expect(ended(loop, HOST)).toHaveLength(1);
    expect(ended(loop, A)).toHaveLength(1);
    expect(loop.pushesTo(A)).toHaveLength(pushed);
  });
});

describe('a neighbour that accuses the host without reason', () => {
  it('[R38] is told one head a second for any number of votes, and nothing ends', () => {
    const loop = chain();
    loop.input(A, { type: 'peer-up', peer: MALLORY });
    for (const seq of range(0, 200)) give(loop, A, one(seq));
    const liar = (seq: number): AuthenticFrame => ({ ...one(seq), hash: 'nonsense'.padEnd(16, '.') });
    const from = loop.now;
    for (const seq of range(0, 200)) {
      say(loop, A, votes([liar(seq)]));
      loop.run(25);
    }
    const heads = sentOf(loop, MessageType.frameHead).filter(({ to }) => to === MALLORY);
    expect(heads.length).toBe(Math.ceil((loop.now - from) / relayTimings.disputeEveryMs));
    expect(ended(loop, A)).toEqual([]);
    expect(loop.member(A).relay.counters.votesConflicting).toBe(200);
  });

  it('[R38] a head of the very frame that is held, or of one that is not, is not even looked at', () => {
    const loop = chain();
    give(loop, A, one(3));
    const { relay } = loop.member(A);
    expect(relay.wantsCharge(host.head(3, counting(1, 20)))).toBe(false);
    expect(relay.wantsCharge(host.head(4, counting(2, 20)))).toBe(false);
    expect(relay.wantsCharge(host.head(3, counting(2, 20)))).toBe(true);
    say(loop, A, host.head(3, counting(1, 20)), B);
    say(loop, A, host.head(4, counting(2, 20)), B);
    expect(ended(loop, A)).toEqual([]);
  });

  it('[R38] a proof is wanted once, and of the newest epoch only', () => {
    const loop = chain();
    const { relay } = loop.member(A);
    expect(relay.wantsCharge(host.equivocation(3, undefined, undefined, EPOCH - 1))).toBe(false);
    expect(relay.wantsCharge(host.equivocation(3, undefined, undefined, EPOCH + 1))).toBe(false);
    expect(relay.wantsCharge(host.equivocation(3))).toBe(true);
    const outputs = say(loop, A, host.equivocation(3), B);
    // Whoever brought it is not told.
    expect(outputs.flatMap((output) => (output.type === 'send' ? [output.peer] : []))).toEqual([HOST]);
    expect(relay.wantsCharge(host.equivocation(4))).toBe(false);
    say(loop, A, host.equivocation(4), B);
    expect(ended(loop, A)).toHaveLength(1);
  });

  it('[R2] a stranger\u2019s proof is not heard', () => {
    const loop = chain();
    say(loop, A, host.equivocation(3), MALLORY);
    expect(ended(loop, A)).toEqual([]);
  });

  it('[R38] frames without a seal, as a simulation may have them, bring no proof and no word', () => {
    const loop = chain();
    const bare = ({ seal: _, ...frame }: AuthenticFrame): AuthenticFrame => frame;
    give(loop, A, bare(one(0)));
    say(loop, A, votes([other(0)]), B);
    say(loop, A, host.head(0, counting(2, 20)), B);
    expect(sentOf(loop, MessageType.frameHead)).toEqual([]);
    expect(ended(loop, A)).toEqual([]);
  });
});
