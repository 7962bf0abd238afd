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
import { useReadable } from '../parts/use-readable.ts';
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
  const view = useReadable(watching.view);
  const sharing = useSharing(watching, preferences, target.slots);
  // At once, before the page is laid out and shown for the first time.
  useLayoutEffect(() => {
    if (canvas.current) watching.start(canvas.current, 'player');
  }, [watching]);
  useLeaving(useCallback(() => watching.stop(), [watching]));

  const title = view.title || (view.title === '' ? `Stream ${shortId(target.stream)}` : undefined);
  useDocumentTitle(title ?? 'Watch');
  return (
    <div class="watch">
      <div class="watch-main">
        <Stage canvas={canvas} view={view} watching={watching} preferences={preferences} />
        <h1 tabIndex={-1}>
          {title === undefined ? `Joining stream ${shortId(target.stream)}` : <bdi>{title}</bdi>}
        </h1>
        <div role="alert" class="watch-trouble">
          {view.trouble && (
            <Notice tone="bad">
              {view.trouble}
              {view.failed && (
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
          figures={view.figures}
          limits="You can limit that below, under “My share”."
        />
      </div>
      {view.figures && <SwarmPanel view={view} figures={view.figures} />}
      <OwnPanel figures={view.figures} map={view.map} sharing={sharing} kept={preferences.kept} />
    </div>
  );
}
