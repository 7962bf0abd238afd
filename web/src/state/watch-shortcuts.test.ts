import { expect, test } from 'vitest';
import { changedVolume, type PressedKey, playerAction } from './watch-shortcuts.ts';

const pressed = (key: string, focus: PressedKey['focus'] = 'nothing', modified = false) =>
  playerAction({ key, focus, modified });

test.each([
  [' ', 'toggle-pause'],
  ['k', 'toggle-pause'],
  ['K', 'toggle-pause'],
  ['m', 'toggle-mute'],
  ['f', 'toggle-full-screen'],
  ['p', 'toggle-picture-in-picture'],
  ['l', 'live-edge'],
  ['?', 'toggle-help'],
  ['x', undefined],
  ['Shift', undefined],
])('%j is %s', (key, action) => {
  expect(pressed(key)).toBe(action);
  expect(pressed(key, 'stage')).toBe(action);
});

test('arrows change the volume on the stage, and scroll the page elsewhere', () => {
  expect(pressed('ArrowUp', 'stage')).toBe('louder');
  expect(pressed('ArrowDown', 'stage-button')).toBe('softer');
  expect(pressed('ArrowUp')).toBeUndefined();
  expect(pressed('ArrowUp', 'slider')).toBeUndefined();
});

test('a space presses the button that has the focus', () => {
  expect(pressed(' ', 'stage-button')).toBeUndefined();
  expect(pressed('k', 'stage-button')).toBe('toggle-pause');
});

test.each([' ', 'k', 'm', 'f', '?'])(
  '%j is left to whatever else has the focus, and to the browser',
  (key) => {
    expect(pressed(key, 'elsewhere')).toBeUndefined();
    expect(pressed(key, 'nothing', true)).toBeUndefined();
  },
);

test('volume stays within its bounds, in steps that do not add up errors', () => {
  let volume = 1;
  for (let i = 0; i < 3; i++) volume = changedVolume(volume, 'softer');
  expect(volume).toBe(0.7);
  for (let i = 0; i < 9; i++) volume = changedVolume(volume, 'softer');
  expect(volume).toBe(0);
  expect(changedVolume(1, 'louder')).toBe(1);
});
