/** Going live: choose a source, look at the preview, go live, send the link. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { HostSession } from '../../session/host-session.ts';
import { type LinkOptions, SLOTS_MAX, supernodeUrls } from '../../session/stream-link.ts';
import { followHost } from '../../state/host-view.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import { Notice } from '../parts/notice.tsx';
import { NumberField } from '../parts/number-field.tsx';
import { useDocumentTitle } from '../parts/use-document-title.ts';
import { useLeaving } from '../parts/use-leaving.ts';
import { usePreferences } from '../parts/use-preferences.ts';
import { useReadable } from '../parts/use-readable.ts';
import '../../styles/host.css';
import { LivePanel } from './live-panel.tsx';
import { Preview } from './preview.tsx';
import { ShareLink } from './share-link.tsx';
import { SourcePicker } from './source-picker.tsx';

export function HostPage(options: LinkOptions) {
  const preferences = usePreferences();
  return preferences ? <Hosting options={options} preferences={preferences} /> : null;
}

function Hosting({ options, preferences }: { options: LinkOptions; preferences: PreferenceStore }) {
  const { session, following } = useMemo(() => {
    const session = new HostSession();
    return { session, following: followHost(session) };
  }, []);
  useEffect(() => following.stop, [following]);
  useLeaving(useCallback(() => session.end(), [session]));
  const { state, figures, notice } = useReadable(following.view);
  const [title, setTitle] = useState(preferences.value.title);
  const { stripes } = options;
  const [slots, setSlots] = useState(options.slots || preferences.value.hostSlots);
  const live = state.phase === 'live';
  const busy = live || state.phase === 'going-live';
  const page = useRef<HTMLDivElement>(null);
  useFocusOnTurn(page, live);
  useDocumentTitle(live ? `Live: ${title || 'untitled'}` : 'Go live');

  const goLive = (event: Event) => {
    event.preventDefault();
    session.goLive({ supernodes: supernodeUrls(location.origin, options.via), title, slots, stripes });
  };
  const changeSlots = (next: number) => {
    setSlots(next);
    session.setSlots(next);
    preferences.change({ hostSlots: next });
  };
  const changeTitle = (next: string) => {
    setTitle(next);
    preferences.change({ title: next });
  };
  return (
    <div class="host" ref={page}>
      <div class="host-main">
        <h1 tabIndex={-1}>{live ? <bdi>{title || 'You are live'}</bdi> : 'Go live'}</h1>
        <Preview state={state} liveMs={figures?.liveMs} />
        <div role="alert">{state.error && <Notice tone="bad">{state.error.message}</Notice>}</div>
        {notice && <Notice tone="calm">{notice}</Notice>}
      </div>
      <div class="host-side">
        {live && state.stream && <ShareLink stream={state.stream} via={options.via} />}
        <form class="card host-form" onSubmit={goLive} aria-label="Stream">
          {!busy && <SourcePicker session={session} preferences={preferences} />}
          {!busy && <TitleField title={title} onChange={changeTitle} />}
          <NumberField
            label="Copies of the stream to send, at most"
            hint="Everyone else gets the stream from other viewers."
            min={1}
            max={SLOTS_MAX}
            value={slots}
            onChange={changeSlots}
          />
          {live ? (
            <button key="end" class="button button-end" type="button" onClick={() => session.endAndPrepare()}>
              End stream
            </button>
          ) : (
            <button key="go" class="button button-primary" type="submit" disabled={state.phase !== 'ready'}>
              {state.phase === 'going-live' ? 'Going live…' : 'Go live'}
            </button>
          )}
          <p class="visually-hidden" role="status">
            {phaseWords[state.phase]}
          </p>
        </form>
      </div>
      {figures && <LivePanel figures={figures} />}
    </div>
  );
}

/** The button that was pressed goes away with its phase: the keyboard goes on at what comes next. */
function useFocusOnTurn(page: { current: HTMLElement | null }, live: boolean): void {
  const before = useRef(live);
  useEffect(() => {
    if (before.current === live) return;
    before.current = live;
    page.current?.querySelector<HTMLElement>(live ? '.share button' : 'h1')?.focus();
  }, [page, live]);
}

const phaseWords = {
  idle: '',
  'opening-source': 'Opening the source…',
  ready: 'Ready to go live.',
  'going-live': 'Going live…',
  live: 'You are live.',
} as const;

function TitleField({ title, onChange }: { title: string; onChange: (title: string) => void }) {
  return (
    <div class="field">
      <label for="title">Title</label>
      <input
        id="title"
        type="text"
        maxLength={96}
        autoComplete="off"
        value={title}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}
