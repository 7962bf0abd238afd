import { describe, expect, test } from 'vitest';
import { unspecifiedColour } from './colour-space.ts';
import { decodeMediaMessage, MediaKind, type MediaMessage } from './media-message.ts';
import { MediaMuxer } from './media-muxer.ts';

const video = {
  codec: 'vp8',
  width: 640,
  height: 360,
  quarterTurns: 0,
  colour: unspecifiedColour,
  description: new Uint8Array(0),
};
const audio = { codec: 'opus', sampleRate: 48_000, channels: 1, description: new Uint8Array(0) };
const picture = (ptsUs: number) => ({
  ptsUs,
  durationUs: 33_333,
  leadUs: 0,
  capturedAtMs: 1,
  bytes: Uint8Array.of(1),
});
const sound = (ptsUs: number) => ({ ptsUs, durationUs: 20_000, bytes: Uint8Array.of(2) });

function collect(hasVideo: boolean) {
  const messages: { media: MediaMessage; key: boolean }[] = [];
  const muxer = new MediaMuxer(hasVideo, (message, key) => {
    const decoded = decodeMediaMessage(message);
    if (!decoded.ok) throw new Error(decoded.reason);
    messages.push({ media: decoded.value, key });
  });
  const kinds = () => messages.map(({ media, key }) => `${media.kind}${key ? ' key' : ''}`);
  return { muxer, messages, kinds };
}

describe('media muxer', () => {
  test('nothing leaves before the first key picture, which carries the config', () => {
    const { muxer, messages, kinds } = collect(true);
    muxer.setVideo(video);
    muxer.video(picture(0), false);
    muxer.video(picture(33_333), true);
    muxer.video(picture(66_666), false);
    expect(kinds()).toEqual(['1 key', '2']);
    const [start] = messages;
    expect(start?.media.kind === MediaKind.start && start.media.video).toEqual(video);
    expect(start?.media.kind === MediaKind.start && start.media.packet?.ptsUs).toBe(33_333);
    expect(muxer.stats()).toMatchObject({ videoFrames: 2, keyFrames: 1, audioPackets: 0 });
  });

  test('sound waits for a start that has announced it, then goes in bundles of three', () => {
    const { muxer, kinds } = collect(true);
    muxer.setVideo(video);
    muxer.video(picture(0), true);
    muxer.setAudio(audio);
    for (let i = 0; i < 3; i++) muxer.audio(sound(i * 20_000));
    expect(kinds()).toEqual(['1 key']);
    muxer.video(picture(1_000_000), true);
    for (let i = 50; i < 57; i++) muxer.audio(sound(i * 20_000));
    expect(kinds()).toEqual(['1 key', '1 key', '3', '3']);
    expect(muxer.stats().audioPackets).toBe(7);
  });

  test('sound that waits for its bundle goes before the next start', () => {
    const { muxer, messages, kinds } = collect(true);
    muxer.setVideo(video);
    muxer.setAudio(audio);
    muxer.video(picture(0), true);
    muxer.audio(sound(0));
    muxer.video(picture(1_000_000), true);
    expect(kinds()).toEqual(['1 key', '3', '1 key']);
    expect(messages[1]?.media).toMatchObject({ ptsUs: 0, packets: [{ durationUs: 20_000 }] });
  });

  test('a gap in the sound ends a bundle, which holds only one time', () => {
    const { muxer, messages } = collect(true);
    muxer.setVideo(video);
    muxer.setAudio(audio);
    muxer.video(picture(0), true);
    for (const pts of [0, 20_000, 100_000, 120_000, 140_000]) muxer.audio(sound(pts));
    const bundles = messages.flatMap(({ media }) =>
      media.kind === MediaKind.audio ? [[media.ptsUs, media.packets.length]] : [],
    );
    expect(bundles).toEqual([
      [0, 2],
      [100_000, 3],
    ]);
  });

  test('sound alone offers a start each second', () => {
    const { muxer, messages } = collect(false);
    muxer.setAudio(audio);
    for (let i = 0; i < 100; i++) muxer.audio(sound(i * 20_000));
    expect(messages.filter(({ key }) => key)).toHaveLength(2);
    expect(messages[0]?.media).toMatchObject({ kind: MediaKind.start, video: undefined, audio });
    expect(muxer.stats().audioPackets).toBe(100);
  });
});
