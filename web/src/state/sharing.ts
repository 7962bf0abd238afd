/** How much a viewer passes on: what they wish, what their line may cost, and what that comes to for this stream. Pure. */
import { defaultPeerSettings } from '@murmuration/shared/node/settings.ts';
import { copiesOf, type UploadOffer } from '@murmuration/shared/relay/upload-offer.ts';
import { counted, readableBitRate } from './readable-numbers.ts';

export interface SharingWishes {
  /** Copies of the stream at most; 0 is watch only. */
  readonly slots: number;
  /** Upload at most, in Mbit/s; undefined: what is usual for a line at home. */
  readonly uploadMbitMax: number | undefined;
  readonly shareWhenMetered: boolean;
}

export interface SharingFacts {
  readonly metered: boolean;
  /** Of the stream, in bits per second; undefined until the host was heard. */
  readonly bitsPerSecond: number | undefined;
}

/** What the node is told: it works out the copies itself, as the bitrate changes. */
export function offerOf(
  { slots, uploadMbitMax, shareWhenMetered }: SharingWishes,
  { metered }: SharingFacts,
): UploadOffer {
  return {
    slots: metered && !shareWhenMetered ? 0 : slots,
    uploadBitsPerSecond:
      uploadMbitMax === undefined ? defaultPeerSettings.uploadBitsPerSecond : uploadMbitMax * 1e6,
  };
}

/** Trees of most streams: parts of a copy are whole trees. */
const USUAL_STRIPES = 4;

/** What the choice comes to, for the form. */
export function sharingWords(wishes: SharingWishes, facts: SharingFacts): string {
  if (wishes.slots === 0) return 'You pass nothing on.';
  if (facts.metered && !wishes.shareWhenMetered)
    return 'This connection is metered, or asks to save data: nothing is passed on.';
  const allowed = copiesOf(offerOf(wishes, facts), facts.bitsPerSecond ?? 0, USUAL_STRIPES);
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
