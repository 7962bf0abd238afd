/** The picture with what lies over it: progress until it is there, sound and full-screen controls. */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { WatchSession } from '../../session/watch-session.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import type { WatchView } from '../../state/watch-view.ts';

interface StageProps {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly view: WatchView;
  readonly session: WatchSession;
  readonly preferences: PreferenceStore;
}

export function Stage({ canvas, view, session, preferences }: StageProps) {
  const stage = useRef<HTMLElement>(null);
  const { muted, volume, setMuted, setVolume } = useSound(session, preferences);
  const hasAudio = view.figures?.hasAudio ?? false;
  const asked = useRef(false);
  const unmute = () => {
    asked.current = true;
    setMuted(false);
  };
  return (
    <figure class="stage" ref={stage} aria-label="Stream">
      <div class="stage-picture">
        <canvas ref={canvas} role="img" aria-label="Live picture" width={640} height={360} />
        <div class="stage-over" aria-live="polite">
          {!view.pictured && (
            <p class={`stage-progress ${view.failed ? '' : 'stage-busy'}`}>{view.progress}</p>
          )}
        </div>
        {hasAudio && muted && !asked.current && (
          <button class="button stage-sound" type="button" onClick={unmute}>
            Tap for sound
          </button>
        )}
      </div>
      <div class="stage-controls">
        <button
          class="button button-quiet"
          type="button"
          disabled={!hasAudio}
          onClick={() => (muted ? unmute() : setMuted(true))}
        >
          {muted ? 'Unmute' : 'Mute'}
        </button>
        <input
          type="range"
          aria-label="Volume"
          min={0}
          max={100}
          step={5}
          value={Math.round(volume * 100)}
          disabled={!hasAudio}
          onInput={(event) => setVolume(event.currentTarget.valueAsNumber / 100)}
        />
        <span class="stage-note">{soundNote(view, muted)}</span>
        <FullScreenButton stage={stage} />
      </div>
    </figure>
  );
}

function soundNote({ pictured, figures }: WatchView, muted: boolean): string {
  if (!pictured || !figures) return '';
  if (!figures.hasAudio) return 'This stream has no sound.';
  return muted || figures.audioRunning ? '' : 'Waiting for the sound device…';
}

function useSound(session: WatchSession, preferences: PreferenceStore) {
  const [muted, setMuted] = useState(true);
  const [volume, setVolume] = useState(preferences.value.volume);
  return {
    muted,
    volume,
    setMuted(next: boolean) {
      session.setVolume(volume);
      session.setMuted(next);
      setMuted(next);
    },
    setVolume(next: number) {
      session.setVolume(next);
      setVolume(next);
      preferences.change({ volume: next });
    },
  };
}

function FullScreenButton({ stage }: { stage: RefObject<HTMLElement | null> }) {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const follow = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', follow);
    return () => document.removeEventListener('fullscreenchange', follow);
  }, []);
  if (!document.fullscreenEnabled) return null;
  const toggle = () =>
    (full ? document.exitFullscreen() : stage.current?.requestFullscreen())?.catch(() => undefined);
  return (
    <button class="button button-quiet" type="button" onClick={toggle}>
      {full ? 'Leave full screen' : 'Full screen'}
    </button>
  );
}
