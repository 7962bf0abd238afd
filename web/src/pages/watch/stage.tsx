/** The picture with what lies over it: progress until it is there, an offer of sound, and the controls. */
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import type { WatchedStream } from '../../api/watched-stream.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import { usePart } from '../parts/use-readable.ts';
import { ShortcutHelp, StageControls } from './stage-controls.tsx';
import { useIdlePointer } from './use-idle-pointer.ts';
import { usePlayerControls } from './use-player-controls.ts';

interface StageProps {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly watching: WatchedStream;
  readonly preferences: PreferenceStore;
  /** Whether there are buttons below the picture. Default yes. */
  readonly controls?: boolean;
  /** Where keys count: on our own page everywhere, on somebody else's only on the stage. */
  readonly keysWithin?: 'page' | 'stage';
}

export function Stage(props: StageProps) {
  const { canvas, watching, preferences, controls: hasControls = true, keysWithin = 'page' } = props;
  const stage = useRef<HTMLElement>(null);
  const controls = usePlayerControls(watching, preferences, stage, canvas, keysWithin);
  const rests = useIdlePointer(stage);
  const { muted, paused, soundAsked, helping, fullScreen, pictureInPicture, perform } = controls;
  const view = usePart(watching.view, ({ pictured, failed, progress, atLiveEdge, figures }) => ({
    pictured,
    failed,
    progress,
    atLiveEdge,
    hasFigures: figures !== undefined,
    hasAudio: figures?.hasAudio ?? false,
    audioRunning: figures?.audioRunning ?? false,
  }));
  return (
    <figure
      class={`stage ${rests ? 'stage-rests' : ''}`}
      ref={stage}
      aria-label="Stream"
      tabIndex={-1}
      onDblClick={(event) => {
        if (event.target === canvas.current && fullScreen.available) fullScreen.toggle();
      }}
    >
      <div class="stage-picture">
        <canvas ref={canvas} role="img" aria-label="Live picture" width={640} height={360} />
        <div class="stage-over" aria-live="polite">
          {!view.pictured && (
            <p class={`stage-progress ${view.failed ? '' : 'stage-busy'}`}>{view.progress}</p>
          )}
          {pictureInPicture.active && <p class="stage-progress">The picture is in a window of its own.</p>}
          {paused && <p class="stage-state">Paused. You go on passing the stream on to others.</p>}
        </div>
        {view.hasAudio && muted && !soundAsked && (
          <button class="button stage-sound" type="button" onClick={() => perform('toggle-mute')}>
            Tap for sound
          </button>
        )}
      </div>
      {hasControls && <StageControls controls={controls} view={view} />}
      {helping && <ShortcutHelp />}
    </figure>
  );
}
