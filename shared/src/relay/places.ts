/** Places in the stream: how far frames are taken, where a child begins, and from where a new parent must send (PROTOCOL.md R13, R15). */
import type { PeerId } from '../lib/ids.ts';
import type { Delivery } from './delivery.ts';
import type { FrameMap } from './frame-map.ts';
import { relayCaps } from './relay-contract.ts';
import { VOTE_WINDOW } from './vote-windows.ts';
import type { FrameVotes } from './voting.ts';

/** By then whoever is fed has a window full, and its word of that is here. */
const KNOWN_AFTER_FRAMES = 1.5 * VOTE_WINDOW;

/** What is held, and what the application has had. */
interface Progress {
  readonly frames: FrameMap;
  readonly delivery: Delivery;
}

interface Stream extends Progress {
  readonly forest: { readonly stripes: number };
  readonly voting: Pick<FrameVotes, 'isHeldBy'>;
}

/**
 * Frames are taken up to a window past this: where the application is, or the host, if that is further.
 * @param nextSeq of the newest beacon
 */
export const anchorOf = ({ delivery }: Pick<Progress, 'delivery'>, nextSeq: number): number =>
  Math.max(delivery.cursor ?? 0, nextSeq);

/** Where a child that asks for `fromSeq` (undefined: the newest key) begins. */
export function startFor({ frames, delivery }: Progress, fromSeq: number | undefined): number {
  const { headSeq, keySeq, lowestSeq } = frames;
  const next = headSeq >= 0 ? headSeq + 1 : (delivery.cursor ?? 0);
  const earliest = Math.max(lowestSeq, next - relayCaps.backfillFramesMax);
  if (fromSeq !== undefined) return Math.min(Math.max(fromSeq, earliest), next);
  return keySeq >= earliest ? keySeq : next;
}

/**
 * From where a new parent of the stripe must send; undefined: from the newest key.
 * @param nextSeq of the newest beacon
 */
function firstMissing(
  { frames, delivery, forest }: Omit<Stream, 'voting'>,
  stripe: number,
  nextSeq: number,
): number | undefined {
  const { cursor } = delivery;
  if (cursor === undefined || nextSeq > cursor + relayCaps.backfillFramesMax) return undefined;
  const { stripes } = forest;
  let seq = cursor + ((stripe - (cursor % stripes) + stripes) % stripes);
  while (frames.frameAt(seq)) seq += stripes;
  return seq;
}

/** What a node lacks of the stream, for those who look for a parent. */
export interface Need {
  /** From which seq a stripe is needed; undefined: from the newest key. */
  firstMissing(stripe: number): number | undefined;
  /** The first frame of a stripe that has been missing for so long that neighbours who are fed have voted for it; undefined: there is none. */
  longMissing(stripe: number): number | undefined;
  /** Whether a peer is known to hold a frame. */
  isHeldBy(peer: PeerId, seq: number): boolean;
}

/** @param nextSeq of the newest beacon */
export function needOf(state: Stream, nextSeq: () => number): Need {
  return {
    firstMissing: (stripe) => firstMissing(state, stripe, nextSeq()),
    longMissing: (stripe) => {
      const seq = firstMissing(state, stripe, nextSeq());
      return seq !== undefined && seq + KNOWN_AFTER_FRAMES <= state.frames.headSeq ? seq : undefined;
    },
    isHeldBy: (peer, seq) => state.voting.isHeldBy(peer, seq),
  };
}
