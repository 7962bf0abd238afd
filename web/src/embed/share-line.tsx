/** Below an embedded picture, always: what the stream is called, what is passed on and to whom, and how to stop that. */
import { useState } from 'preact/hooks';
import { usePart } from '../pages/parts/use-readable.ts';
import { ShareNotice } from '../pages/watch/share-notice.tsx';
import type { Sharing } from '../pages/watch/use-sharing.ts';
import type { Readable } from '../session/observable.ts';
import { defaultPreferences, type PreferenceStore } from '../state/preferences.ts';
import { offerOf, uploadWords } from '../state/sharing.ts';
import type { WatchView } from '../state/watch-view.ts';

export function ShareLine(props: {
  title: string | undefined;
  preferences: PreferenceStore;
  sharing: Sharing;
  view: Readable<WatchView>;
}) {
  const { title, preferences, sharing, view } = props;
  const { passedOn } = usePart(view, ({ figures }) => ({ passedOn: uploadWords(figures) }));
  const [shared] = useState(sharing.wishes.slots || defaultPreferences.viewerSlots);
  const shares = sharing.wishes.slots > 0;
  const [noticed, setNoticed] = useState(preferences.value.sharingNoticed);
  // It says the same, and asks.
  const notice = shares && !noticed;
  return (
    <>
      <div class="share-line">
        {title && (
          <p class="share-title">
            <bdi>{title}</bdi>
          </p>
        )}
        {!notice && (
          <>
            <p class="hint">{shareWords(sharing, passedOn)}</p>
            <button
              class="button"
              type="button"
              onClick={() => sharing.change({ slots: shares ? 0 : shared })}
            >
              {shares ? 'Pass nothing on' : 'Pass it on'}
            </button>
          </>
        )}
      </div>
      {notice && (
        <ShareNotice
          preferences={preferences}
          sharing={sharing}
          view={view}
          limits="You can stop that at any time, below the picture."
          onRead={() => setNoticed(true)}
        />
      )}
    </>
  );
}

function shareWords({ wishes, facts }: Sharing, passedOn: string): string {
  const seen = 'Your neighbours in this stream see your network address.';
  if (wishes.slots === 0) return `You pass nothing on. ${seen}`;
  if (offerOf(wishes, facts).slots === 0) return `This connection is metered: nothing is passed on. ${seen}`;
  return `You pass the stream on, ${passedOn}. ${seen}`;
}
