/** Test pattern, camera or video file. A choice opens its preview at once; only the camera, kept from last time, waits for a click. */
import { useEffect, useState } from 'preact/hooks';
import type { HostSession } from '../../session/host-session.ts';
import type { PreferenceStore, SourceKind } from '../../state/preferences.ts';

const kinds: readonly { kind: SourceKind; label: string; hint: string }[] = [
  { kind: 'pattern', label: 'Test pattern', hint: 'Moving bars with a clock and a tone, to try things out.' },
  { kind: 'camera', label: 'Camera', hint: 'Your camera and microphone. The browser asks first.' },
  {
    kind: 'file',
    label: 'Video file',
    hint: 'MP4, WebM or MKV from this computer. It is not uploaded anywhere, only streamed.',
  },
];

export function SourcePicker({
  session,
  preferences,
}: {
  session: HostSession;
  preferences: PreferenceStore;
}) {
  const [kind, setKind] = useState(preferences.value.source);
  const [fileName, setFileName] = useState<string>();
  useEffect(() => {
    // After a stream has ended its source is still there.
    if (session.state.value.phase === 'idle' && kind === 'pattern') session.choose({ kind });
  }, [session]);

  const choose = (next: SourceKind) => {
    setKind(next);
    preferences.change({ source: next });
    // Until a file is chosen there is nothing to show, least of all the camera from before.
    if (next === 'file') session.end();
    else session.choose({ kind: next });
  };
  const openFile = (file: File | undefined) => {
    if (!file) return;
    preferences.change({ source: 'file' });
    setFileName(file.name);
    session.choose({ kind: 'file', file, name: file.name });
  };
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
              onChange={() => choose(each)}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      <p class="hint" id="source-hint">
        {kinds.find((each) => each.kind === kind)?.hint}
      </p>
      {kind === 'file' && <FileField fileName={fileName} onFile={openFile} />}
      {kind === 'camera' && session.state.value.phase === 'idle' && (
        <button class="button" type="button" onClick={() => choose('camera')}>
          Turn the camera on
        </button>
      )}
    </fieldset>
  );
}

function FileField({
  fileName,
  onFile,
}: {
  fileName: string | undefined;
  onFile: (file: File | undefined) => void;
}) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    onFile(event.dataTransfer?.files[0]);
  };
  const hover = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    <label
      class={`drop ${over ? 'drop-over' : ''}`}
      onDragOver={hover}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        class="visually-hidden"
        type="file"
        accept="video/*,audio/*,.mkv,.webm,.mp4,.mov"
        onChange={(event) => onFile(event.currentTarget.files?.[0])}
      />
      <span>Choose a video file, or drop it here</span>
      {fileName && <bdi class="drop-name">{fileName}</bdi>}
    </label>
  );
}
