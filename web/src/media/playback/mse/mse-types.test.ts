import { expect, test } from 'vitest';
import { mseTypes } from './mse-types.ts';

const everything = () => true;

test('pictures go into WebM where they can, since it takes them one by one', () => {
  expect(mseTypes({ video: 'vp8', audio: 'opus' }, everything)).toEqual({
    video: { name: 'vp8', container: 'webm', type: 'video/webm; codecs="vp8"' },
    audio: { name: 'opus', container: 'webm', type: 'audio/webm; codecs="opus"' },
  });
  expect(mseTypes({ video: 'avc1.42E01F', audio: 'mp4a.40.2' }, everything)).toMatchObject({
    video: { name: 'avc', container: 'mp4' },
    audio: { name: 'aac', container: 'mp4' },
  });
});

test('a browser without WebM gets MP4, if that can carry the codec', () => {
  const onlyMp4 = (type: string) => type.includes('/mp4');
  expect(mseTypes({ video: 'vp09.00.31.08', audio: 'opus' }, onlyMp4)).toMatchObject({
    video: { container: 'mp4' },
    audio: { container: 'mp4' },
  });
  expect(mseTypes({ video: 'vp8', audio: undefined }, onlyMp4)).toBeUndefined();
});

test('sound alone and pictures alone are streams, too; nothing is none', () => {
  expect(mseTypes({ video: undefined, audio: 'opus' }, everything)?.video).toBeUndefined();
  expect(mseTypes({ video: 'vp8', audio: undefined }, everything)?.audio).toBeUndefined();
  expect(mseTypes({ video: undefined, audio: undefined }, everything)).toBeUndefined();
});

test.each(['vp8x', 'theora', '', 'avc1', 'constructor'])(
  'a host that sends the codec “%s” is not believed',
  (video) => {
    expect(mseTypes({ video, audio: undefined }, everything)).toBeUndefined();
  },
);
