/** What the viewer decides about passing the stream on, kept between visits, and told to the session as it changes. */
import { useEffect, useState } from 'preact/hooks';
import { watchMetered } from '../../platform/metered.ts';
import type { WatchSession } from '../../session/watch-session.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import { offerOf, type SharingFacts, type SharingWishes } from '../../state/sharing.ts';
import { useReadable } from '../parts/use-readable.ts';

export interface Sharing {
  readonly wishes: SharingWishes;
  readonly facts: SharingFacts;
  change(part: Partial<SharingWishes>): void;
}

/** @param slots from the link, for this tab alone; undefined: the kept ones */
export function useSharing(
  session: WatchSession,
  preferences: PreferenceStore,
  slots: number | undefined,
): Sharing {
  const [wishes, setWishes] = useState<SharingWishes>(() => wishesOf(preferences, slots));
  const [metered, setMetered] = useState(false);
  const { bitsPerSecond } = useReadable(session.state);
  useEffect(() => watchMetered(setMetered), []);
  const facts = { metered, bitsPerSecond };
  const offer = offerOf(wishes, facts);
  useEffect(() => session.setOffer(offer), [session, offer.slots, offer.uploadBitsPerSecond]);
  return {
    wishes,
    facts,
    change(part) {
      setWishes({ ...wishes, ...part });
      const { slots, ...others } = part;
      preferences.change({ ...others, ...(slots === undefined ? {} : { viewerSlots: slots }) });
    },
  };
}

function wishesOf({ value }: PreferenceStore, slots: number | undefined): SharingWishes {
  const { viewerSlots, uploadMbitMax, shareWhenMetered } = value;
  return { slots: slots ?? viewerSlots, uploadMbitMax, shareWhenMetered };
}
