import { describe, expect, it } from 'vitest';
import { frameOf, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { defaultRelaySettings, range } from '../../test-kit/relay-loop.ts';
import { Delivery } from './delivery.ts';
import { FrameMap } from './frame-map.ts';
import { needOf } from './places.ts';
import { relayCaps } from './relay-contract.ts';

const STRIPES = 4;
const VOTER = peerOf(1);

/** A node that holds these frames, and begins at the first of all. */
function nodeWith(seqs: readonly number[], nextSeq = 0) {
  const frames = new FrameMap();
  const delivery = new Delivery(frames, defaultRelaySettings);
  delivery.startAt(0);
  for (const seq of seqs) frames.put(frameOf(seq), START);
  const voting = { isHeldBy: (peer: string) => peer === VOTER };
  return needOf({ frames, delivery, forest: { stripes: STRIPES }, voting }, () => nextSeq);
}

describe('what a node needs of a parent', () => {
  it('[R15] the first frame of the stripe that it lacks, or the newest key where that is too far back', () => {
    const seqs = [0, 1, 2, 4, 6];
    const need = nodeWith(seqs);
    expect(range(0, STRIPES).map((stripe) => need.firstMissing(stripe))).toEqual([8, 5, 10, 3]);
    expect(nodeWith(seqs, relayCaps.backfillFramesMax + 1).firstMissing(0)).toBeUndefined();
  });

  it('[R16] who is fed can be told from votes only once the frame has been missing for a window and a half', () => {
    const withoutStripe2 = (count: number) => range(0, count).filter((seq) => seq % STRIPES !== 2);
    expect(nodeWith(withoutStripe2(26)).longMissing(2)).toBeUndefined();
    const need = nodeWith([...withoutStripe2(26), 27]);
    expect([need.longMissing(2), need.longMissing(1)]).toEqual([2, undefined]);
    expect([VOTER, peerOf(2)].map((peer) => need.isHeldBy(peer, 2))).toEqual([true, false]);
  });
});
