/** What each kind of file can hold, for mediabunny. */
import type { AudioConfig, VideoConfig } from '@murmuration/shared/media/media-message.ts';
import {
  type AudioCodec,
  MkvOutputFormat,
  Mp4OutputFormat,
  type OutputFormat,
  type VideoCodec,
  WebMOutputFormat,
} from 'mediabunny';
import { Container } from './container-kinds.ts';

/** @param forward nothing that was written can be changed any more, as in a pipe. */
export function outputFormat(container: Container, forward: boolean): OutputFormat {
  switch (container) {
    case Container.mkv:
      return new MkvOutputFormat({ appendOnly: forward });
    case Container.webm:
      return new WebMOutputFormat({ appendOnly: forward });
    case Container.mp4:
      // In fragments: what was written plays even if it is cut off, and it can go through a pipe.
      return new Mp4OutputFormat({ fastStart: 'fragmented' });
  }
}

const VIDEO: readonly [RegExp, VideoCodec][] = [
  [/^avc[13]\./, 'avc'],
  [/^vp8/, 'vp8'],
  [/^vp09\./, 'vp9'],
  [/^av01\./, 'av1'],
];
const AUDIO: readonly [RegExp, AudioCodec][] = [
  [/^mp4a\.40/, 'aac'],
  [/^opus/, 'opus'],
];

export const videoCodecOf = ({ codec }: VideoConfig): VideoCodec | undefined =>
  VIDEO.find(([pattern]) => pattern.test(codec))?.[1];

export const audioCodecOf = ({ codec }: AudioConfig): AudioCodec | undefined =>
  AUDIO.find(([pattern]) => pattern.test(codec))?.[1];
