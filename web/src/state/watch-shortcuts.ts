/**
 * What a key means to the player. Keys count while the picture or nothing in particular has the focus, never while somebody
 * writes or works another control: single letters must not take what a screen reader or a voice types elsewhere (WCAG 2.1.4).
 */

export type PlayerAction =
  | 'toggle-pause'
  | 'toggle-mute'
  | 'toggle-full-screen'
  | 'toggle-picture-in-picture'
  | 'live-edge'
  | 'louder'
  | 'softer'
  | 'toggle-help';

export interface PressedKey {
  /** As in KeyboardEvent. */
  readonly key: string;
  /** Ctrl, Alt or Meta is held. */
  readonly modified: boolean;
  /** What has the focus: the stage or one of its buttons, a slider, something else that takes keys, or nothing. */
  readonly focus: 'stage' | 'stage-button' | 'slider' | 'elsewhere' | 'nothing';
}

/** For the list of keys and the hints of buttons. */
export const shortcuts: readonly { readonly keys: string; readonly words: string }[] = [
  { keys: 'Space or k', words: 'Pause, play' },
  { keys: 'm', words: 'Sound on, off' },
  { keys: '↑ ↓', words: 'Louder, softer' },
  { keys: 'l', words: 'To the live edge' },
  { keys: 'f', words: 'Full screen' },
  { keys: 'p', words: 'Picture in picture' },
  { keys: '?', words: 'These keys' },
];

const letters: ReadonlyMap<string, PlayerAction> = new Map([
  ['k', 'toggle-pause'],
  ['m', 'toggle-mute'],
  ['f', 'toggle-full-screen'],
  ['p', 'toggle-picture-in-picture'],
  ['l', 'live-edge'],
  ['?', 'toggle-help'],
]);

export function playerAction({ key, modified, focus }: PressedKey): PlayerAction | undefined {
  if (modified || focus === 'elsewhere') return undefined;
  // Arrows scroll the page and move sliders; a space presses the button that has the focus.
  if (focus === 'stage' || focus === 'stage-button') {
    if (key === 'ArrowUp') return 'louder';
    if (key === 'ArrowDown') return 'softer';
  }
  if (key === ' ') return focus === 'stage' || focus === 'nothing' ? 'toggle-pause' : undefined;
  return letters.get(key.length === 1 ? key.toLowerCase() : key);
}

/** One press of an arrow, of a volume between 0 and 1. */
const VOLUME_STEP = 0.1;

export const changedVolume = (volume: number, action: 'louder' | 'softer'): number =>
  Math.min(
    1,
    Math.max(0, Math.round((volume + (action === 'louder' ? VOLUME_STEP : -VOLUME_STEP)) * 100) / 100),
  );
