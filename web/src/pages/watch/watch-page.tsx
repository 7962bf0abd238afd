/** Watching a stream: the picture, and beside it what happens in the swarm around this viewer. */
import { shortId } from '@murmuration/shared/lib/ids.ts';
import { useCallback, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { WatchedStream } from '../../api/watched-stream.ts';
import { supernodeUrls, type WatchTarget } from '../../session/stream-link.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import { Notice } from '../parts/notice.tsx';
import { useDocumentTitle } from '../parts/use-document-title.ts';
import { useLeaving } from '../parts/use-leaving.ts';
import { usePreferences } from '../parts/use-preferences.ts';
import { usePart } from '../parts/use-readable.ts';
import '../../styles/watch.css';
import { ShareNotice } from './share-notice.tsx';
import { Stage } from './stage.tsx';
import { useSharing, wishesOf } from './use-sharing.ts';
import { OwnPanel, SwarmPanel } from './watch-panel.tsx';

export function WatchPage(target: WatchTarget) {
  const preferences = usePreferences();
  return preferences ? <Watching target={target} preferences={preferences} /> : null;
}

function Watching({ target, preferences }: { target: WatchTarget; preferences: PreferenceStore }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  // The page is keyed by its target, so this happens once; later changes of the wishes go to the running stream.
  const watching = useMemo(
    () =>
      new WatchedStream({
        stream: target.stream,
        supernodes: supernodeUrls(location.origin, target.via),
        delayMaxMs: target.delayMaxMs,
        wishes: wishesOf(preferences, target.slots),
        volume: preferences.value.volume,
      }),
    [],
  );
  const { view } = watching;
  const named = usePart(view, ({ title, trouble, failed }) => ({ title, trouble, failed }));
  const sharing = useSharing(watching, preferences, target.slots);
  // At once, before the page is laid out and shown for the first time.
  useLayoutEffect(() => {
    if (canvas.current) watching.start(canvas.current, 'player');
  }, [watching]);
  useLeaving(useCallback(() => watching.stop(), [watching]));

  const title = named.title || (named.title === '' ? `Stream ${shortId(target.stream)}` : undefined);
  useDocumentTitle(title ?? 'Watch');
  return (
    <div class="watch">
      <div class="watch-main">
        <Stage canvas={canvas} watching={watching} preferences={preferences} />
        <h1 tabIndex={-1}>
          {title === undefined ? `Joining stream ${shortId(target.stream)}` : <bdi>{title}</bdi>}
        </h1>
        <div role="alert" class="watch-trouble">
          {named.trouble && (
            <Notice tone="bad">
              {named.trouble}
              {named.failed && (
                <button class="button" type="button" onClick={() => location.reload()}>
                  Try again
                </button>
              )}
            </Notice>
          )}
        </div>
        <ShareNotice
          preferences={preferences}
          sharing={sharing}
          view={view}
          limits="You can limit that below, under “My share”."
        />
      </div>
      <SwarmPanel view={view} />
      <OwnPanel view={view} sharing={sharing} kept={preferences.kept} />
    </div>
  );
}
