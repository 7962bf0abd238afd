/** What a person does to the player, whether by button, by key or by hiding the page; the session is told, and the buttons follow. */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { WatchedStream } from '../../api/watched-stream.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import {
  changedVolume,
  type PlayerAction,
  type PressedKey,
  playerAction,
} from '../../state/watch-shortcuts.ts';
import { useReadable } from '../parts/use-readable.ts';
import { type Toggle, useFullScreen } from './use-full-screen.ts';
import { usePictureInPicture } from './use-picture-in-picture.ts';

export interface PlayerControls {
  readonly muted: boolean;
  /** Sound was asked for once: no need to offer it again. */
  readonly soundAsked: boolean;
  /** 0 to 1. */
  readonly volume: number;
  readonly paused: boolean;
  readonly helping: boolean;
  readonly fullScreen: Toggle;
  readonly pictureInPicture: Toggle;
  setVolume(volume: number): void;
  perform(action: PlayerAction): void;
}

export function usePlayerControls(
  watching: WatchedStream,
  preferences: PreferenceStore,
  stage: RefObject<HTMLElement | null>,
  canvas: RefObject<HTMLCanvasElement | null>,
  keysWithin: 'page' | 'stage',
): PlayerControls {
  const { muted, volume, paused } = useReadable(watching.settings);
  const [soundAsked, setSoundAsked] = useState(!muted);
  const [helping, setHelping] = useState(false);
  const fullScreen = useFullScreen(stage);
  const pictureInPicture = usePictureInPicture(canvas, (active) => watching.setElsewhere(active));

  const changeVolume = (next: number) => {
    watching.setVolume(next);
    preferences.change({ volume: next });
  };
  const perform = (action: PlayerAction) => {
    switch (action) {
      case 'toggle-pause':
        return paused ? watching.play() : watching.pause();
      case 'toggle-mute':
        setSoundAsked(true);
        return watching.setMuted(!muted);
      case 'louder':
      case 'softer':
        return changeVolume(changedVolume(volume, action));
      case 'live-edge':
        return watching.toLiveEdge();
      case 'toggle-full-screen':
        return fullScreen.available ? fullScreen.toggle() : undefined;
      case 'toggle-picture-in-picture':
        return pictureInPicture.available ? pictureInPicture.toggle() : undefined;
      case 'toggle-help':
        return setHelping(!helping);
    }
  };
  useKeys(stage, keysWithin, perform);
  return {
    muted,
    soundAsked,
    volume,
    paused,
    helping,
    fullScreen,
    pictureInPicture,
    setVolume: changeVolume,
    perform,
  };
}

function useKeys(
  stage: RefObject<HTMLElement | null>,
  within: 'page' | 'stage',
  perform: (action: PlayerAction) => void,
): void {
  // Always the newest, so that listening does not begin anew with each change.
  const newest = useRef(perform);
  newest.current = perform;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, ctrlKey, altKey, metaKey } = event;
      const focus = focusOf(event.target, stage.current);
      const action = playerAction({ key, modified: ctrlKey || altKey || metaKey, focus });
      if (!action || (event.repeat && action !== 'louder' && action !== 'softer')) return;
      event.preventDefault();
      newest.current(action);
    };
    const area = within === 'page' ? document : stage.current;
    area?.addEventListener('keydown', press as EventListener);
    return () => area?.removeEventListener('keydown', press as EventListener);
  }, [stage, within]);
}

function focusOf(target: EventTarget | null, stage: HTMLElement | null): PressedKey['focus'] {
  if (!(target instanceof HTMLElement)) return 'nothing';
  // Where the focus rests when nothing was chosen yet, or after a click on plain text.
  if (target === document.body || target.localName === 'main') return 'nothing';
  if (target === stage) return 'stage';
  if (!stage?.contains(target)) return 'elsewhere';
  return target.localName === 'button' ? 'stage-button' : 'slider';
}
