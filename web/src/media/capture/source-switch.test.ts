import { expect, test } from 'vitest';
import { SourceSwitch } from './source-switch.ts';

function newSwitch() {
  const passed: string[] = [];
  const off: string[] = [];
  const sources = new SourceSwitch<string>(
    (message, key) => passed.push(`${String.fromCharCode(...message)}${key ? '!' : ''}`),
    (source) => off.push(source),
  );
  const say = (source: string, key = false) =>
    sources.message(
      source,
      Uint8Array.from(source, (letter) => letter.charCodeAt(0)),
      key,
    );
  return { sources, say, passed, off };
}

test('the former source stays until the next one has something to start from', () => {
  const { sources, say, passed, off } = newSwitch();
  sources.put('a');
  say('a');
  say('a', true);
  sources.put('b');
  say('b');
  say('a');
  expect(off).toEqual([]);
  say('b', true);
  say('a', true);
  say('b');
  expect(passed).toEqual(['a!', 'a', 'b!', 'b']);
  expect(off).toEqual(['a']);
});

test('a source that another one replaces before it went on goes off, too', () => {
  const { sources, say, passed, off } = newSwitch();
  sources.put('a');
  say('a', true);
  sources.put('b');
  sources.put('c');
  expect(off).toEqual(['b']);
  say('b', true);
  say('c', true);
  expect(passed).toEqual(['a!', 'c!']);
  expect(off).toEqual(['b', 'a']);
});

test('putting on what is on the air keeps it there, and gives up what was to follow', () => {
  const { sources, say, passed, off } = newSwitch();
  sources.put('a');
  say('a', true);
  sources.put('card');
  sources.put('a');
  say('card', true);
  say('a');
  expect(passed).toEqual(['a!', 'a']);
  expect(off).toEqual(['card']);
});

test('nothing passes of a source that was removed', () => {
  const { sources, say, passed } = newSwitch();
  sources.put('a');
  say('a', true);
  sources.remove('a');
  say('a', true);
  sources.put('b');
  say('b', true);
  expect(passed).toEqual(['a!', 'b!']);
});
