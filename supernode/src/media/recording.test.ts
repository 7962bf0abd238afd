import {
  type AudioConfig,
  MediaKind,
  type MediaMessage,
  type VideoConfig,
} from '@murmuration/shared/media/media-message.ts';
import { describe, expect, it } from 'vitest';
import { Recording, type RecordingStep, recordingLimits } from './recording.ts';

const video: VideoConfig = {
  codec: 'vp8',
  width: 640,
  height: 360,
  quarterTurns: 0,
  colour: [2, 2, 2, 2],
  description: new Uint8Array(0),
};
const audio: AudioConfig = {
  codec: 'opus',
  sampleRate: 48_000,
  channels: 2,
  description: Uint8Array.of(1, 2),
};
const packet = (seconds: number) => ({
  ptsUs: Math.round(seconds * 1e6),
  durationUs: 100_000,
  leadUs: 0,
  capturedAtMs: 1_000_000,
  bytes: Uint8Array.of(7),
});
const start = (
  seconds: number,
  { sound = true, config = video }: { sound?: boolean; config?: VideoConfig } = {},
): MediaMessage => ({
  kind: MediaKind.start,
  video: config,
  audio: sound ? audio : undefined,
  packet: packet(seconds),
});
const picture = (seconds: number): MediaMessage => ({ kind: MediaKind.video, packet: packet(seconds) });
const sound = (seconds: number, durationSeconds = 0.1): MediaMessage => ({
  kind: MediaKind.audio,
  ptsUs: Math.round(seconds * 1e6),
  packets: [{ durationUs: durationSeconds * 1e6, bytes: Uint8Array.of(8) }],
});
const soundStart: MediaMessage = { kind: MediaKind.start, video: undefined, audio, packet: undefined };

/** Steps as words: `begin vp8 opus`, `KEY 0.1`, `picture 0.2`, `sound 0.1`, `end`. */
const words = (steps: readonly RecordingStep[]): string[] =>
  steps.map((step) => {
    if (step.type === 'begin')
      return ['begin', step.video?.codec, step.audio?.codec].filter((word) => word !== undefined).join(' ');
    if (step.type === 'close') return `close ${step.track}`;
    if (step.type !== 'picture' && step.type !== 'sound') return step.type;
    return `${step.type === 'picture' && step.key ? 'KEY' : step.type} ${Number(step.seconds.toFixed(3))}`;
  });

function recorded(messages: readonly (MediaMessage | 'gap' | { epoch: number })[]) {
  const recording = new Recording();
  const steps: RecordingStep[] = [];
  let epoch = 1;
  for (const message of messages) {
    if (message === 'gap') recording.gap();
    else if ('epoch' in message) epoch = message.epoch;
    else steps.push(...recording.push(message, 100, epoch));
  }
  return { recording, told: words(steps) };
}

describe('a recording', () => {
  it('begins at the first start, at time 0, and leaves out what lies before', () => {
    const { told, recording } = recorded([
      picture(4.9),
      sound(4.9),
      start(5),
      sound(4.95),
      sound(5),
      picture(5.1),
    ]);
    expect(told).toEqual(['begin vp8 opus', 'KEY 0', 'sound 0', 'picture 0.1']);
    expect(recording.dropped).toBe(1);
    expect(words(recording.finish())).toEqual(['end']);
    expect(words(recording.finish())).toEqual([]);
  });

  it('waits for the next start where pictures have no sound yet', () => {
    const { told } = recorded([start(0, { sound: false }), picture(0.5)]);
    expect(told).toEqual([]);
    const late = recorded([start(0, { sound: false }), picture(0.5), start(1), sound(1)]);
    expect(late.told).toEqual(['begin vp8 opus', 'KEY 0', 'picture 0.5', 'KEY 1', 'sound 1']);
    const silent = recorded([start(0, { sound: false }), picture(0.5), start(1, { sound: false })]);
    expect(silent.told).toEqual(['begin vp8', 'KEY 0', 'picture 0.5', 'KEY 1']);
  });

  it('waits no longer than its caps, nor beyond the end of the stream', () => {
    const recording = new Recording();
    const told: string[] = words(recording.push(start(0, { sound: false }), 100, 1));
    for (let at = 1; at <= recordingLimits.heldMessagesMax; at++)
      told.push(...words(recording.push(picture(at / 100), 100, 1)));
    expect(told.slice(0, 2)).toEqual(['begin vp8', 'KEY 0']);
    const heavy = new Recording();
    heavy.push(start(0, { sound: false }), 100, 1);
    expect(words(heavy.push(picture(0.1), recordingLimits.heldBytesMax, 1))).toContain('begin vp8');
    const short = recorded([start(0, { sound: false })]);
    expect(words(short.recording.finish())).toEqual(['begin vp8', 'KEY 0', 'end']);
  });

  it('keeps a hole where something was lost, and goes on at the next start', () => {
    const { told } = recorded([start(0), 'gap', picture(0.2), sound(0.2), start(3), picture(3.1)]);
    expect(told).toEqual(['begin vp8 opus', 'KEY 0', 'KEY 3', 'picture 3.1']);
  });

  it('joins a host that came back without a hole, at its first start', () => {
    const { told, recording } = recorded([
      start(50),
      picture(50.1),
      { epoch: 2 },
      picture(0),
      sound(0),
      start(0.4),
      sound(0.4),
      { epoch: 1 },
      picture(50.2),
    ]);
    expect(told).toEqual(['begin vp8 opus', 'KEY 0', 'picture 0.1', 'KEY 0.2', 'sound 0.2']);
    expect(recording.restarts).toBe(1);
  });

  it('joins a source whose times begin anew, or leap, as well', () => {
    const { told, recording } = recorded([start(50), picture(50.1), start(0), sound(0), start(100_000)]);
    expect(told).toEqual(['begin vp8 opus', 'KEY 0', 'picture 0.1', 'KEY 0.2', 'sound 0.2', 'KEY 0.3']);
    expect(recording.restarts).toBe(2);
  });

  it('begins another part when codec, size or tracks change', () => {
    const wide = { ...video, width: 1_280, height: 720 };
    const { told, recording } = recorded([
      start(0),
      start(1, { config: wide }),
      picture(1.1),
      start(2, { config: wide, sound: false }),
    ]);
    expect(told).toEqual([
      'begin vp8 opus',
      'KEY 0',
      'end',
      'begin vp8 opus',
      'KEY 0',
      'picture 0.1',
      'end',
      'begin vp8',
      'KEY 0',
    ]);
    expect(words(recording.finish())).toEqual(['end']);
  });

  it('does not begin another part where a host that came back announces its sound a start later', () => {
    const { told } = recorded([start(0), { epoch: 2 }, start(0, { sound: false }), start(1), sound(1)]);
    expect(told).toEqual(['begin vp8 opus', 'KEY 0', 'KEY 0.1', 'KEY 1.1', 'sound 1.1']);
  });

  it('fills no folder, however often the stream changes', () => {
    const recording = new Recording();
    const told: string[] = [];
    for (let at = 0; at < 3 * recordingLimits.partsMax; at++)
      told.push(...words(recording.push(start(at, { config: { ...video, width: 100 + at } }), 100, 1)));
    expect(told.filter((word) => word.startsWith('begin'))).toHaveLength(recordingLimits.partsMax);
    expect(told).toContain('too-many-parts');
  });

  it('closes a track that falls silent, and begins another part when it is back', () => {
    const steps: (MediaMessage | 'gap')[] = [start(0), sound(0)];
    for (let at = 1; at <= 31; at++) steps.push(start(at));
    const { told, recording } = recorded(steps);
    expect(told.filter((word) => !word.startsWith('KEY'))).toEqual([
      'begin vp8 opus',
      'sound 0',
      'close sound',
    ]);
    expect(words(recording.push(start(32), 100, 1))).toEqual(['KEY 32']);
    expect(words(recording.push(sound(32), 100, 1))).toEqual([]);
    expect(words(recording.push(start(33), 100, 1))).toEqual(['end', 'begin vp8 opus', 'KEY 0']);
    expect(words(recording.push(sound(33), 100, 1))).toEqual(['sound 0']);
  });

  it('closes pictures that stay away, too', () => {
    const steps: MediaMessage[] = [start(0)];
    for (let at = 0; at < 31; at++) steps.push(sound(at, 1));
    const { told, recording } = recorded(steps);
    expect(told.at(-1)).toBe('close picture');
    expect(words(recording.push(start(40), 100, 1))).toEqual(['end', 'begin vp8 opus', 'KEY 0']);
  });

  it('writes sound alone', () => {
    const { told } = recorded([soundStart, sound(7), sound(7.1), 'gap', sound(7.2), soundStart, sound(8)]);
    expect(told).toEqual(['begin opus', 'sound 0', 'sound 0.1', 'sound 1']);
    const again = recorded([soundStart, sound(7), { epoch: 2 }, soundStart, sound(0), sound(0.1)]);
    expect(again.told).toEqual(['begin opus', 'sound 0', 'sound 0.1', 'sound 0.2']);
  });

  it('puts no picture before the key picture that it stands behind', () => {
    const { told, recording } = recorded([start(0), picture(0.3), start(0.4), picture(0.2), picture(0.35)]);
    expect(told).toEqual(['begin vp8 opus', 'KEY 0', 'picture 0.3', 'KEY 0.4', 'picture 0.35']);
    expect(recording.dropped).toBe(1);
  });
});
