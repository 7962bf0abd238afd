/** The row of controls below the picture; on the whole screen it lies over the picture. */
import type { ComponentChildren } from 'preact';
import { shortcuts } from '../../state/watch-shortcuts.ts';
import {
  FullScreenIcon,
  KeyboardIcon,
  LeaveFullScreenIcon,
  MutedIcon,
  PauseIcon,
  PictureInPictureIcon,
  PlayIcon,
  SoundIcon,
} from '../parts/icons.tsx';
import type { PlayerControls } from './use-player-controls.ts';

/** What the controls go by of what is watched. */
export interface Controlled {
  readonly pictured: boolean;
  readonly atLiveEdge: boolean;
  readonly hasFigures: boolean;
  readonly hasAudio: boolean;
  readonly audioRunning: boolean;
}

export function StageControls({ controls, view }: { controls: PlayerControls; view: Controlled }) {
  const { muted, paused, volume, fullScreen, pictureInPicture, helping, perform } = controls;
  const { hasAudio } = view;
  return (
    <div class="stage-controls">
      <IconButton
        name={paused ? 'Play' : 'Pause'}
        shortcut="k"
        disabled={!view.pictured}
        onClick={() => perform('toggle-pause')}
      >
        {paused ? <PlayIcon /> : <PauseIcon />}
      </IconButton>
      <IconButton
        name={muted ? 'Unmute' : 'Mute'}
        shortcut="m"
        disabled={!hasAudio}
        onClick={() => perform('toggle-mute')}
      >
        {muted ? <MutedIcon /> : <SoundIcon />}
      </IconButton>
      <input
        type="range"
        aria-label="Volume"
        min={0}
        max={100}
        step={5}
        value={Math.round(volume * 100)}
        disabled={!hasAudio}
        onInput={(event) => controls.setVolume(event.currentTarget.valueAsNumber / 100)}
      />
      <LiveButton controls={controls} view={view} />
      <span class="stage-note">{soundNote(view, muted || paused)}</span>
      <IconButton
        name="Keys"
        shortcut="?"
        class="stage-keys"
        expanded={helping}
        onClick={() => perform('toggle-help')}
      >
        <KeyboardIcon />
      </IconButton>
      {pictureInPicture.available && (
        <IconButton
          name="Picture in picture"
          shortcut="p"
          pressed={pictureInPicture.active}
          disabled={!view.pictured}
          onClick={pictureInPicture.toggle}
        >
          <PictureInPictureIcon />
        </IconButton>
      )}
      {fullScreen.available && (
        <IconButton
          name={fullScreen.active ? 'Leave full screen' : 'Full screen'}
          shortcut="f"
          onClick={fullScreen.toggle}
        >
          {fullScreen.active ? <LeaveFullScreenIcon /> : <FullScreenIcon />}
        </IconButton>
      )}
    </div>
  );
}

/** Says whether what is shown is live, and goes there. */
function LiveButton({ controls, view }: { controls: PlayerControls; view: Controlled }) {
  const live = view.atLiveEdge && !controls.paused;
  return (
    <button
      class={`button button-quiet stage-live ${live ? 'stage-live-now' : ''}`}
      type="button"
      disabled={!view.pictured}
      aria-keyshortcuts="l"
      title={live ? 'This is live' : 'To the live edge (l)'}
      aria-label={live ? 'Live' : 'To the live edge'}
      onClick={() => controls.perform('live-edge')}
    >
      Live
    </button>
  );
}

export function ShortcutHelp() {
  return (
    <dl class="stage-help">
      {shortcuts.map(({ keys, words }) => (
        <div key={keys}>
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  );
}

function soundNote({ pictured, hasFigures, hasAudio, audioRunning }: Controlled, silent: boolean): string {
  if (!pictured || !hasFigures) return '';
  if (!hasAudio) return 'No sound';
  return silent || audioRunning ? '' : 'Waiting for the sound device…';
}

function IconButton(props: {
  name: string;
  shortcut: string;
  class?: string;
  disabled?: boolean;
  pressed?: boolean;
  expanded?: boolean;
  onClick: () => void;
  children: ComponentChildren;
}) {
  return (
    <button
      class={`button button-quiet button-icon ${props.class ?? ''}`}
      type="button"
      aria-label={props.name}
      aria-keyshortcuts={props.shortcut}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      title={`${props.name} (${props.shortcut})`}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}
