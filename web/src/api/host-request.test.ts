import { expect, test } from 'vitest';
import type { HostSource, HostStreamOptions } from './contract.ts';
import { bitrate, hostOptions, sourceChoice } from './host-request.ts';

const HERE = 'https://here.example';

test('a source is named, described, a file, or a stream', () => {
  expect(sourceChoice('pattern')).toEqual({ kind: 'pattern' });
  expect(sourceChoice({ kind: 'camera', microphone: 'none' })).toEqual({
    kind: 'camera',
    microphone: 'none',
  });
  expect(sourceChoice(new File([], 'film.mp4'))).toMatchObject({ kind: 'file', name: 'film.mp4' });
  expect(sourceChoice(new Blob([]))).toMatchObject({ kind: 'file', name: 'a file' });
  const stream = { getVideoTracks: () => [] } as unknown as MediaStream;
  expect(sourceChoice(stream)).toEqual({ kind: 'stream', stream });
});

test('what is no source is refused with a list of what is', () => {
  const none = [
    'webcam',
    '',
    7,
    null,
    undefined,
    [],
    {},
    { kind: 'file' },
    { kind: 'stream' },
    { camera: 'a' },
    () => 'pattern',
  ];
  for (const source of none)
    expect(() => sourceChoice(source as HostSource), String(source)).toThrow(
      expect.objectContaining({ reason: 'bad-source', message: expect.stringContaining('a MediaStream') }),
    );
});

test('without options a stream is known where the page comes from, and costs three copies', () => {
  expect(hostOptions({}, HERE)).toEqual({
    supernodes: ['wss://here.example/link'],
    title: '',
    slots: 3,
    uploadBitsPerSecond: undefined,
  });
});

test('copies are brought within bounds, and the rest is taken as it is', () => {
  const slots = (given: number) => hostOptions({ slots: given }, HERE).slots;
  expect([0, -1, Number.NaN, 2.9, 99].map(slots)).toEqual([1, 1, 1, 2, 16]);
  expect(
    hostOptions(
      { supernodes: ['http://a.example', 'ws://b.example'], title: 'Tea', uploadBitsPerSecond: 5e6 },
      HERE,
    ),
  ).toMatchObject({
    supernodes: ['ws://a.example/link', 'ws://b.example/link'],
    title: 'Tea',
    uploadBitsPerSecond: 5e6,
  });
});

test('an option that is none is refused by its name', () => {
  const refused: [unknown, string, string][] = [
    [{ supernodes: [] }, 'bad-option', 'supernodes'],
    [{ supernodes: 'https://live.example' }, 'bad-option', 'supernodes'],
    [{ supernodes: ['live.example'] }, 'bad-supernode', 'https://live.example'],
    [{ supernodes: [undefined] }, 'bad-supernode', 'https://live.example'],
    [{ title: 7 }, 'bad-option', 'title'],
    [{ uploadBitsPerSecond: 0 }, 'bad-option', 'uploadBitsPerSecond'],
    [{ uploadBitsPerSecond: '5000000' }, 'bad-option', 'uploadBitsPerSecond'],
  ];
  for (const [options, reason, word] of refused)
    expect(() => hostOptions(options as HostStreamOptions, HERE), JSON.stringify(options)).toThrow(
      expect.objectContaining({ reason, message: expect.stringContaining(word) }),
    );
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1, 99_999])
    expect(() => bitrate('bitsPerSecond', value)).toThrow('bitsPerSecond has to be a number of bit/s');
  expect(bitrate('bitsPerSecond', 100_000)).toBe(100_000);
});

test('a page that comes from nowhere has to name a supernode', () => {
  expect(() => hostOptions({}, 'null')).toThrow(expect.objectContaining({ reason: 'bad-supernode' }));
});
