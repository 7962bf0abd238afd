/**
 * Screen, camera, microphone, video file or test pattern. Before going live a choice opens its preview at once, except for what makes the
 * browser ask: that waits for a click, as everything does while live.
 */
import { useEffect, useState } from 'preact/hooks';
import type { SourceChoice } from '../../media/source.ts';
import type { HostSession, HostState } from '../../session/host-session.ts';
import type { PreferenceStore, SourceKind } from '../../state/preferences.ts';
import { DeviceFields } from './device-fields.tsx';
import { FileField } from './file-field.tsx';

interface Kind {
  readonly kind: SourceKind;
  readonly label: string;
  readonly hint: string;
  /** What the button says that opens it, before going live and while live. */
  readonly open: string;
  readonly change: string;
}

const kinds: readonly Kind[] = [
  {
    kind: 'screen',
    label: 'Screen',
    hint: 'A screen, a window or a tab; of tabs also the sound. The browser asks which one.',
    open: 'Choose what to share',
    change: 'Choose what to share instead',
  },
  {
    kind: 'camera',
    label: 'Camera',
    hint: 'Your camera and microphone. The browser asks first.',
    open: 'Turn the camera on',
    change: 'Show this camera instead',
  },
  {
    kind: 'file',
    label: 'Video file',
    hint: 'MP4, WebM or MKV from this computer, or a file of sound. It is not uploaded anywhere, only streamed.',
    open: '',
    change: '',
  },
  {
    kind: 'microphone',
    label: 'Microphone',
    hint: 'Sound only; viewers see a card in place of a picture. The browser asks first.',
    open: 'Turn the microphone on',
    change: 'Send this microphone instead',
  },
  {
    kind: 'pattern',
    label: 'Test pattern',
    hint: 'Moving bars with a clock and a tone, to try things out.',
    open: 'Show the test pattern',
    change: 'Show the test pattern instead',
  },
];

export function SourcePicker({
  session,
  state,
  preferences,
}: {
  session: HostSession;
  state: HostState;
  preferences: PreferenceStore;
}) {
  const [kind, setKind] = useState(preferences.value.source);
  const [fileName, setFileName] = useState<string>();
  const live = state.phase === 'live';
  useEffect(() => {
    // After a stream has ended its source is still there.
    if (session.state.value.phase === 'idle' && kind === 'pattern') session.choose({ kind });
  }, [session]);

  const open = (next: Exclude<SourceKind, 'file'>) => session.choose(choiceOf(next, preferences));
  const select = (next: SourceKind) => {
    setKind(next);
    preferences.change({ source: next });
    if (live) return;
    // Until something is chosen there is nothing to show, least of all the camera from before.
    if (next === 'file' || next === 'screen') session.end();
    else open(next);
  };
  const openFile = (file: File | undefined) => {
    if (!file) return;
    preferences.change({ source: 'file' });
    setFileName(file.name);
    session.choose({ kind: 'file', file, name: file.name });
  };
  const shown = kinds.find((each) => each.kind === kind);
  const opening = state.phase === 'opening-source' || state.changing;
  const needsClick = live || (state.phase === 'idle' && !state.source);
  return (
    <fieldset class="sources">
      <legend>Source</legend>
      <div class="source-kinds">
        {kinds.map(({ kind: each, label }) => (
          <label key={each} class="source-kind">
            <input
              type="radio"
              name="source"
              value={each}
              checked={kind === each}
              aria-describedby="source-hint"
              onChange={() => select(each)}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      <p class="hint" id="source-hint">
        {shown?.hint}
      </p>
      {(kind === 'camera' || kind === 'microphone') && (
        <DeviceFields
          kind={kind}
          preferences={preferences}
          askAgain={state.source}
          onChange={() => !live && open(kind)}
        />
      )}
      {kind === 'file' ? (
        <FileField fileName={fileName} onFile={openFile} />
      ) : (
        needsClick && (
          <button class="button" type="button" disabled={opening} onClick={() => open(kind)}>
            {live ? shown?.change : shown?.open}
          </button>
        )
      )}
    </fieldset>
  );
}

function choiceOf(
  kind: Exclude<SourceKind, 'file'>,
  { value: { camera, microphone } }: PreferenceStore,
): SourceChoice {
  if (kind === 'camera') return { kind, camera, microphone };
  return kind === 'microphone' ? { kind, microphone } : { kind };
}
