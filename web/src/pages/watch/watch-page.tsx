/** Watching a stream: the picture, and beside it what happens in the swarm around this viewer. */
import { shortId } from '@murmuration/shared/lib/ids.ts';
import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks';
import { supernodeUrls, type WatchTarget } from '../../session/stream-link.ts';
import { WatchSession } from '../../session/watch-session.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import { followWatch } from '../../state/watch-view.ts';
import { Notice } from '../parts/notice.tsx';
import { useDocumentTitle } from '../parts/use-document-title.ts';
import { useLeaving } from '../parts/use-leaving.ts';
import { usePreferences } from '../parts/use-preferences.ts';
import { useReadable } from '../parts/use-readable.ts';
import '../../styles/watch.css';
import { ShareNotice } from './share-notice.tsx';
import { Stage } from './stage.tsx';
import { useSharing } from './use-sharing.ts';
import { OwnPanel, SwarmPanel } from './watch-panel.tsx';

export function WatchPage(target: WatchTarget) {
  const preferences = usePreferences();
  return preferences ? <Watching target={target} preferences={preferences} /> : null;
}

function Watching({ target, preferences }: { target: WatchTarget; preferences: PreferenceStore }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const slots = target.slots ?? preferences.value.viewerSlots;
  // The page is keyed by its target, so this happens once; later changes of the slots go to the running session.
  const { session, following } = useMemo(() => {
    const session = new WatchSession({
      stream: target.stream,
      supernodes: supernodeUrls(location.origin, target.via),
      slots,
      delayMaxMs: target.delayMaxMs,
    });
    return { session, following: followWatch(session) };
  }, []);
  const view = useReadable(following.view);
  const sharing = useSharing(session, preferences, target.slots);
  useEffect(() => {
    if (canvas.current) session.start(canvas.current);
    return following.stop;
  }, [session, following]);
  useLeaving(useCallback(() => session.stop(), [session]));

  const title = view.title || (view.title === '' ? `Stream ${shortId(target.stream)}` : undefined);
  useDocumentTitle(title ?? 'Watch');
  return (
    <div class="watch">
      <div class="watch-main">
        <Stage canvas={canvas} view={view} session={session} preferences={preferences} />
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
        <ShareNotice preferences={preferences} sharing={sharing} figures={view.figures} />
      </div>
      {view.figures && <SwarmPanel view={view} figures={view.figures} />}
      <OwnPanel figures={view.figures} map={view.map} sharing={sharing} kept={preferences.kept} />
    </div>
  );
}
