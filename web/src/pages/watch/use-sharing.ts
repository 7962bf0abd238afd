/** What the viewer decides about passing the stream on, kept between visits, and obeyed as it changes. */
import { useEffect, useState } from 'preact/hooks';
import type { WatchedStream } from '../../api/watched-stream.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import type { SharingFacts, SharingWishes } from '../../state/sharing.ts';
import { useReadable } from '../parts/use-readable.ts';

export interface Sharing {
  readonly wishes: SharingWishes;
  readonly facts: SharingFacts;
  change(part: Partial<SharingWishes>): void;
}

/** @param slots from the link, for this tab alone; undefined: the kept ones */
export function useSharing(
  watching: WatchedStream,
  preferences: PreferenceStore,
  slots: number | undefined,
): Sharing {
  const [wishes, setWishes] = useState<SharingWishes>(() => wishesOf(preferences, slots));
  const facts = useReadable(watching.facts);
  useEffect(() => {
    setWishes((now) => (slots === undefined || slots === now.slots ? now : { ...now, slots }));
  }, [slots]);
  useEffect(() => watching.setWishes(wishes), [watching, wishes]);
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

export function wishesOf({ value }: PreferenceStore, slots: number | undefined): SharingWishes {
  const { viewerSlots, uploadMbitMax, shareWhenMetered } = value;
  return { slots: slots ?? viewerSlots, uploadMbitMax, shareWhenMetered };
}
