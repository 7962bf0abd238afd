/** Tells newcomers, before anything is uploaded, what watching together means. It stands in nobody's way, and is told once. */
import { useState } from 'preact/hooks';
import type { Readable } from '../../session/observable.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import { uploadWords } from '../../state/sharing.ts';
import type { WatchView } from '../../state/watch-view.ts';
import { usePart } from '../parts/use-readable.ts';
import type { Sharing } from './use-sharing.ts';

export function ShareNotice(props: {
  preferences: PreferenceStore;
  sharing: Sharing;
  view: Readable<WatchView>;
  /** Where that can be limited, in a sentence. */
  limits: string;
  /** Called once it was answered. */
  onRead?: () => void;
}) {
  const { preferences, sharing, view, limits, onRead } = props;
  const { passedOn } = usePart(view, ({ figures }) => ({ passedOn: uploadWords(figures) }));
  const [read, setRead] = useState(preferences.value.sharingNoticed);
  if (read) return null;
  const close = () => {
    preferences.change({ sharingNoticed: true });
    setRead(true);
    onRead?.();
  };
  const watchOnly = () => {
    sharing.change({ slots: 0 });
    close();
  };
  return (
    <section class="notice share-notice" aria-label="Watching together">
      <p>
        You watch together: your neighbours in this stream see your network address, and you pass the stream
        on to them, {passedOn}. {limits}
      </p>
      <div class="share-choices">
        <button class="button" type="button" onClick={close}>
          Fine
        </button>
        <button class="button" type="button" onClick={watchOnly}>
          Watch only
        </button>
      </div>
    </section>
  );
}
