import { describe, expect, it } from 'vitest';
import { Signer } from '../../test-kit/crypto.ts';
import { EPOCH, frameOf, hashOf } from '../../test-kit/frames.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { HOST, RelayLoop, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomBelow, seededRandom } from '../lib/random.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import type { AdvertState } from '../wire/tree-messages.ts';
import type { RelayInput } from './relay-contract.ts';

const MIB = 2 ** 20;
const VICTIM: PeerId = peerOf(1);
const HOSTILE = [60, 61, 62, 63, 64].map(peerOf);
const FRAMES = 1_300;
const host = new Signer(1);

/** A viewer that holds twelve seconds of a stream of four stripes, with five hostile neighbours beside the host. */
function victim(): RelayLoop {
  const loop = new RelayLoop();
  for (const id of [HOST, VICTIM]) loop.add(id);
  loop.beacon({ stripes: 4 });
  loop.connect(HOST, VICTIM);
  for (const peer of HOSTILE) loop.input(VICTIM, { type: 'peer-up', peer });
  loop.run(500);
  loop.publish(FRAMES, 1);
  loop.run(50);
  return loop;
}

const kinds: Readonly<Record<string, (random: Random) => RelayMessage | { far: number }>> = {
  'frames of far seqs': (random) => ({
    far: FRAMES + limits.framesAheadMax + 1 + randomBelow(random, 2 ** 30),
  }),
  votes: (random) => {
    const seqs = range(0, 1 + randomBelow(random, 8)).map(() => randomBelow(random, FRAMES * 2));
    const hash = randomBelow(random, 4) === 0 ? '' : String(random.u32());
    return {
      type: MessageType.votes,
      epoch: EPOCH,
      votes: seqs.map((seq) => ({ seq, hash: hashOf(seq, hash) })),
    };
  },
  digests: (random) => {
    const window = randomBelow(random, (FRAMES * 2) / limits.voteWindowFrames);
    const count = 1 + randomBelow(random, limits.voteWindowFrames);
    const base = window * limits.voteWindowFrames;
    return { type: MessageType.voteDigest, epoch: EPOCH, base, count, digest: hashOf(random.u32()) };
  },
  censuses: (random) => ({
    type: MessageType.census,
    epoch: EPOCH,
    stripe: randomBelow(random, limits.stripesMax),
    nodes: randomBelow(random, limits.countMax),
    starving: randomBelow(random, limits.countMax),
    spare: randomBelow(random, limits.countMax),
  }),
  adverts: (random) => ({
    type: MessageType.advert,
    epoch: EPOCH,
    stripe: randomBelow(random, limits.stripesMax),
    state: randomBelow(random, 3) as AdvertState,
    slots: { free: randomBelow(random, 256), forInterior: 1, forStarving: 1 },
    path: range(0, randomBelow(random, limits.pathIdsMax + 1)).map(() =>
      peerOf(1_000 + randomBelow(random, 5_000)),
    ),
  }),
  pulls: (random) => ({
    type: randomBelow(random, 2) === 0 ? MessageType.pull : MessageType.pullMissing,
    epoch: EPOCH,
    seqs: range(0, 8).map(() => randomBelow(random, FRAMES * 2)),
  }),
  subscribes: (random) => ({
    type: MessageType.subscribe,
    epoch: EPOCH,
    stripe: randomBelow(random, limits.stripesMax),
    fromSeq: random.u32(),
    interior: randomBelow(random, 2) === 0,
    makeshift: randomBelow(random, 2) === 0,
    starving: randomBelow(random, 2) === 0,
  }),
  places: (random) => ({
    type: MessageType.vacancies,
    epoch: EPOCH,
    stripe: randomBelow(random, limits.stripesMax),
    places: range(0, limits.vacanciesMax).map(() => ({
      peer: peerOf(randomBelow(random, 5_000)),
      depth: randomBelow(random, 256),
      slots: { free: 9, forInterior: 9, forStarving: 9 },
    })),
  }),
  answers: (random) => ({
    type: MessageType.refused,
    epoch: EPOCH,
    stripe: randomBelow(random, limits.stripesMax),
    reason: 0,
    alternatives: range(0, limits.alternativesMax).map(() => peerOf(randomBelow(random, 5_000))),
  }),
  'heads that are of the frames held': (random) => host.head(randomBelow(random, 8), counting(1, 20)),
  'other epochs': (random) => ({
    type: MessageType.unsubscribe,
    epoch: EPOCH + (random.u32() % 1_000),
    stripe: 0,
  }),
};

const inputOf = (peer: PeerId, said: RelayMessage | { far: number }): RelayInput =>
  'far' in said
    ? { type: 'frame', peer, frame: frameOf(said.far) }
    : { type: 'message', peer, message: said };

/** Made once: making them anew would take longer than taking them in. */
const POOL = 2_000;
const pools = new Map(
  Object.entries(kinds).map(([name, make]) => {
    const random = seededRandom(name.length);
    return [name, Array.from({ length: POOL }, () => make(random))];
  }),
);

/** What a flood of such inputs adds to what the victim holds, at the highest, in bytes by its own count. */
function growth(loop: RelayLoop, names: readonly string[], inputs: number): number {
  const { relay } = loop.member(VICTIM);
  const random = seededRandom(7);
  const before = relay.heldBytes;
  let highest = before;
  for (let round = 0; round < inputs; round++) {
    const pool = pools.get(names[round % names.length] as string) as (RelayMessage | { far: number })[];
    const said = pool[randomBelow(random, POOL)] as RelayMessage;
    relay.handle(inputOf(HOSTILE[randomBelow(random, HOSTILE.length)] as PeerId, said), loop.now);
    // Two thousand a second from each: half of what the gate lets through.
    if (round % 10 === 0) loop.now++;
    if (round % 10_000 === 0) highest = Math.max(highest, relay.heldBytes);
  }
  return Math.max(highest, relay.heldBytes) - before;
}

describe('what hostile neighbours can make a node hold', () => {
  it.each(Object.keys(kinds))('[R6] fifty thousand %s add at most 1 MiB', { timeout: 60_000 }, (kind) => {
    expect(growth(victim(), [kind], 50_000)).toBeLessThanOrEqual(MIB);
  });

  it('[R6] a million bogus inputs of all kinds add at most 1 MiB, and the stream goes on', {
    timeout: 240_000,
  }, () => {
    const loop = victim();
    expect(growth(loop, Object.keys(kinds), 1_000_000)).toBeLessThanOrEqual(MIB);
    for (const peer of HOSTILE) loop.input(VICTIM, { type: 'peer-down', peer });
    loop.beacon({ stripes: 4 });
    loop.publish(50);
    loop.run(2_000);
    expect(loop.delivered(VICTIM).slice(-50)).toEqual(range(FRAMES, FRAMES + 50));
  });

  it('[R6] the count sees what it should: frames, votes, adverts', () => {
    const loop = victim();
    const { relay } = loop.member(VICTIM);
    const before = relay.heldBytes;
    loop.publish(10);
    const withFrames = relay.heldBytes;
    expect(withFrames - before).toBeGreaterThan(10 * 42);
    const votes = range(0, 100).map((at) => ({ seq: FRAMES + 20 + at, hash: hashOf(at, 'x') }));
    const peer = HOSTILE[0] as PeerId;
    relay.handle(
      { type: 'message', peer, message: { type: MessageType.votes, epoch: EPOCH, votes } },
      loop.now,
    );
    expect(relay.heldBytes - withFrames).toBeGreaterThan(100 * 100);
    loop.input(VICTIM, { type: 'peer-down', peer });
    expect(relay.heldBytes).toBeLessThan(withFrames + 100 * 1_000);
  });
});
