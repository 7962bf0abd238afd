/** Places in the stream: how far frames are taken, where a child begins, and from where a new parent must send (PROTOCOL.md R13, R15). */
import type { Delivery } from './delivery.ts';
import type { Forest } from './forest.ts';
import type { FrameMap } from './frame-map.ts';
import { relayCaps } from './relay-contract.ts';

/** What is held, and what the application has had. */
interface Progress {
  readonly frames: FrameMap;
  readonly delivery: Delivery;
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
export function firstMissing(
  { frames, delivery, forest }: Progress & { readonly forest: Forest },
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
