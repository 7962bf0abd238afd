/** Going live: choose a source, look at the preview, go live, send the link; and change all of that while live. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { HostSession, type HostState } from '../../session/host-session.ts';
import type { Readable } from '../../session/observable.ts';
import { type LinkOptions, supernodeUrls } from '../../session/stream-link.ts';
import { followHost, type HostView } from '../../state/host-view.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import { type Upload, uploadWithin } from '../../state/upload-limit.ts';
import { Notice } from '../parts/notice.tsx';
import { useDocumentTitle } from '../parts/use-document-title.ts';
import { useLeaving } from '../parts/use-leaving.ts';
import { usePreferences } from '../parts/use-preferences.ts';
import { usePart, useReadable } from '../parts/use-readable.ts';
import '../../styles/host.css';
import { Consent } from './consent.tsx';
import { LiveControls } from './live-controls.tsx';
import { LivePanel } from './live-panel.tsx';
import { Preview } from './preview.tsx';
import { QualityField } from './quality-field.tsx';
import { ShareLink } from './share-link.tsx';
import { SourcePicker } from './source-picker.tsx';
import { UploadFields } from './upload-fields.tsx';

export function HostPage(options: LinkOptions) {
  const preferences = usePreferences();
  return preferences ? <Hosting options={options} preferences={preferences} /> : null;
}

function Hosting({ options, preferences }: { options: LinkOptions; preferences: PreferenceStore }) {
  const { session, following } = useMemo(() => {
    const session = new HostSession();
    session.setBitrate(preferences.value.bitsPerSecond);
    return { session, following: followHost(session) };
  }, []);
  useEffect(() => following.stop, [following]);
  useLeaving(useCallback(() => session.end(), [session]));
  const { view } = following;
  const { state } = usePart(view, ({ state }) => ({ state }));
  const [title, setTitle] = useState(preferences.value.title);
  const { stripes } = options;
  const {
    copies,
    limit,
    upload,
    fields: uploadFields,
  } = useUpload(session, state, preferences, options.slots);
  const live = state.phase === 'live';
  const page = useRef<HTMLDivElement>(null);
  useFocusOnTurn(page, live);
  useDocumentTitle(live ? `Live: ${title || 'untitled'}` : 'Go live');

  const goLive = (event: Event) => {
    event.preventDefault();
    const supernodes = supernodeUrls(location.origin, options.via);
    session.goLive({ supernodes, title, slots: copies, uploadBitsPerSecond: limit, stripes });
  };
  const changeTitle = (next: string) => {
    setTitle(next);
    preferences.change({ title: next });
  };
  const source = (
    <>
      <SourcePicker session={session} state={state} preferences={preferences} />
      <Quality session={session} preferences={preferences} />
    </>
  );
  return (
    <div class="host" ref={page}>
      <div class="host-main">
        <h1 tabIndex={-1}>{live ? <bdi>{title || 'You are live'}</bdi> : 'Go live'}</h1>
        <Preview state={state} view={view} />
        <div role="alert">{state.error && <Notice tone="bad">{state.error.message}</Notice>}</div>
        <Notices view={view} />
        {!live && <Consent source={state.source} upload={upload} />}
      </div>
      <div class="host-side">
        {live && state.stream && <ShareLink stream={state.stream} via={options.via} title={title} />}
        <form class="card host-form" onSubmit={goLive} aria-label="Stream">
          {live && (
            <LiveControls session={session} state={state}>
              {source}
            </LiveControls>
          )}
          {!live && state.phase !== 'going-live' && source}
          {!live && <TitleField title={title} onChange={changeTitle} />}
          {uploadFields}
          {!live && (
            <button class="button button-primary" type="submit" disabled={state.phase !== 'ready'}>
              {state.phase === 'going-live' ? 'Going live…' : 'Go live'}
            </button>
          )}
          <p class="visually-hidden" role="status">
            {phaseWords[state.phase]}
          </p>
        </form>
      </div>
      <LivePanel view={view} />
    </div>
  );
}

function Notices({ view }: { view: Readable<HostView> }) {
  return useReadable(view).notices.map((notice) => (
    <Notice key={notice} tone="calm">
      {notice}
    </Notice>
  ));
}

/** What the host gives: how many copies, within which limit, and the fields to say so. */
function useUpload(
  session: HostSession,
  state: HostState,
  preferences: PreferenceStore,
  slotsOfLink: number | undefined,
) {
  const [copies, setCopies] = useState(slotsOfLink || preferences.value.hostSlots);
  const [limit, setLimit] = useState(preferences.value.uploadBitsPerSecond);
  const rate = state.lowered?.target ?? state.source?.info.bitsPerSecond ?? 0;
  const upload: Upload = uploadWithin(copies, limit, rate);
  useEffect(() => session.setUpload(copies, limit), [session, copies, limit]);
  const fields = (
    <UploadFields
      copies={copies}
      limit={limit}
      onCopies={(next) => {
        setCopies(next);
        preferences.change({ hostSlots: next });
      }}
      onLimit={(next) => {
        setLimit(next);
        preferences.change({ uploadBitsPerSecond: next });
      }}
    />
  );
  return { copies, limit, upload, fields };
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

function Quality({ session, preferences }: { session: HostSession; preferences: PreferenceStore }) {
  const [bitsPerSecond, setBitsPerSecond] = useState(preferences.value.bitsPerSecond);
  const change = (next: number | undefined) => {
    setBitsPerSecond(next);
    preferences.change({ bitsPerSecond: next });
    session.setBitrate(next);
  };
  return <QualityField bitsPerSecond={bitsPerSecond} onChange={change} />;
}

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
