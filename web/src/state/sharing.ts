/** How much a viewer passes on: what they wish, what their line may cost, and what that comes to for this stream. Pure. */
import { counted, readableBitRate } from './readable-numbers.ts';

export interface SharingWishes {
  /** Copies of the stream at most; 0 is watch only. */
  readonly slots: number;
  /** Upload at most, in Mbit/s; undefined: whatever the line carries. */
  readonly uploadMbitMax: number | undefined;
  readonly shareWhenMetered: boolean;
}

export interface SharingFacts {
  readonly metered: boolean;
  /** Of the stream, in bits per second; undefined until the host was heard. */
  readonly bitsPerSecond: number | undefined;
}

/** What others get of the upload besides the stream: headers, votes, the map of the network. */
const OVERHEAD = 1.1;

/** Copies of the stream that may be sent, also parts of one. Nobody is served before the bitrate is known, so that counts as no limit. */
export function slotsAllowed(
  { slots, uploadMbitMax, shareWhenMetered }: SharingWishes,
  facts: SharingFacts,
): number {
  if (facts.metered && !shareWhenMetered) return 0;
  if (uploadMbitMax === undefined || !facts.bitsPerSecond) return slots;
  return Math.min(slots, (uploadMbitMax * 1e6) / (facts.bitsPerSecond * OVERHEAD));
}

/** What the choice comes to, for the form. */
export function sharingWords(wishes: SharingWishes, facts: SharingFacts): string {
  if (wishes.slots === 0) return 'You pass nothing on.';
  if (facts.metered && !wishes.shareWhenMetered)
    return 'This connection is metered, or asks to save data: nothing is passed on.';
  const allowed = slotsAllowed(wishes, facts);
  if (allowed >= wishes.slots || !facts.bitsPerSecond)
    return 'Usually about one copy: everybody gives about as much as they take.';
  return `At ${readableBitRate(facts.bitsPerSecond)} that is at most ${allowed < 1 ? `${Math.floor(allowed * 100)}% of a copy` : `${allowed.toFixed(1)} copies`}.`;
}

/** What is being uploaded and to whom, for the notice: `now 1.2 Mbit/s to 2 viewers`. */
export function uploadWords(
  figures: { uploadBitsPerSecond: number; children: readonly unknown[] } | undefined,
): string {
  const served = figures?.children.length ?? 0;
  if (!figures || served === 0) return 'to nobody yet';
  return `now ${readableBitRate(figures.uploadBitsPerSecond)} to ${counted(served, 'viewer')}`;
}
