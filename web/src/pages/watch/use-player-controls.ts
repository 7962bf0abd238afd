/** What a person does to the player, whether by button, by key or by hiding the page; the session is told, and the buttons follow. */
import type { RefObject } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { WatchSession } from '../../session/watch-session.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import {
  changedVolume,
  type PlayerAction,
  type PressedKey,
  playerAction,
} from '../../state/watch-shortcuts.ts';
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
  session: WatchSession,
  preferences: PreferenceStore,
  stage: RefObject<HTMLElement | null>,
  canvas: RefObject<HTMLCanvasElement | null>,
): PlayerControls {
  const [muted, setMuted] = useState(true);
  const [soundAsked, setSoundAsked] = useState(false);
  const [volume, setVolume] = useState(preferences.value.volume);
  const [paused, setPaused] = useState(false);
  const [helping, setHelping] = useState(false);
  const fullScreen = useFullScreen(stage);
  const setElsewhere = useHiding(session);
  const pictureInPicture = usePictureInPicture(canvas, setElsewhere);

  const changeVolume = (next: number) => {
    session.setVolume(next);
    setVolume(next);
    preferences.change({ volume: next });
  };
  const changeMuted = (next: boolean) => {
    if (!next) setSoundAsked(true);
    session.setVolume(volume);
    session.setMuted(next);
    setMuted(next);
  };
  const changePaused = (next: boolean) => {
    session.setPaused(next);
    setPaused(next);
  };
  const perform = (action: PlayerAction) => {
    switch (action) {
      case 'toggle-pause':
        return changePaused(!paused);
      case 'toggle-mute':
        return changeMuted(!muted);
      case 'louder':
      case 'softer':
        return changeVolume(changedVolume(volume, action));
      case 'live-edge':
        setPaused(false);
        return session.toLiveEdge();
      case 'toggle-full-screen':
        return fullScreen.available ? fullScreen.toggle() : undefined;
      case 'toggle-picture-in-picture':
        return pictureInPicture.available ? pictureInPicture.toggle() : undefined;
      case 'toggle-help':
        return setHelping(!helping);
    }
  };
  useKeys(stage, perform);
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

/** Tells the session when nobody can see the picture. Returns how to say that it is shown elsewhere. */
function useHiding(session: WatchSession): (elsewhere: boolean) => void {
  const elsewhere = useRef(false);
  const tell = useCallback(() => session.setHidden(document.hidden && !elsewhere.current), [session]);
  useEffect(() => {
    tell();
    document.addEventListener('visibilitychange', tell);
    return () => document.removeEventListener('visibilitychange', tell);
  }, [tell]);
  return (is) => {
    elsewhere.current = is;
    tell();
  };
}

function useKeys(stage: RefObject<HTMLElement | null>, perform: (action: PlayerAction) => void): void {
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
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [stage]);
}

function focusOf(target: EventTarget | null, stage: HTMLElement | null): PressedKey['focus'] {
  if (!(target instanceof HTMLElement)) return 'nothing';
  // Where the focus rests when nothing was chosen yet, or after a click on plain text.
  if (target === document.body || target.localName === 'main') return 'nothing';
  if (target === stage) return 'stage';
  if (!stage?.contains(target)) return 'elsewhere';
  return target.localName === 'button' ? 'stage-button' : 'slider';
}
