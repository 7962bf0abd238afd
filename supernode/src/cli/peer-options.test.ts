import { expect, it } from 'vitest';
import { readPeerFlags, UsageError } from './peer-options.ts';

it('the flags of peers have defaults, and say what they are given', () => {
  expect(readPeerFlags(['-'])).toMatchObject({
    words: ['-'],
    supernodes: [],
    framing: 'lines',
    within: 20,
    json: false,
  });
  const given = [
    'x',
    '--supernode',
    'a:1',
    '--supernode',
    'https://b.example',
    '--slots',
    '0',
    '-o',
    'file',
    '--seconds',
    '9',
  ];
  expect(readPeerFlags(given)).toMatchObject({
    words: ['x'],
    supernodes: ['ws://a:1/link', 'wss://b.example/link'],
    slots: 0,
    output: 'file',
    seconds: 9,
    messages: Number.POSITIVE_INFINITY,
  });
});

it.each([
  ['--supernode', 'a b'],
  ['--framing', 'words'],
  ['--messages', '-1'],
  ['--messages', '1.5'],
  ['--slots', '17'],
  ['--stripes', '0'],
  ['--stripes', '17'],
  ['--seconds', 'soon'],
  ['--loud', ''],
])('%s %s makes no sense', (...args) => {
  expect(() => readPeerFlags(args)).toThrow(UsageError);
});
