/** The configs of messages as browsers want them, and whether two of them are the same. */
import { type ColourSpace, toColourSpace } from '@murmuration/shared/media/colour-space.ts';
import type { AudioConfig, VideoConfig } from '@murmuration/shared/media/media-message.ts';

/** What VP8 means by itself (RFC 6386, 9.2). Of a film that says nothing more, Chromium would think of BT.709. */
const vp8Colours: ColourSpace = {
  primaries: 'smpte170m',
  transfer: 'smpte170m',
  matrix: 'smpte170m',
  fullRange: false,
};

export function videoDecoderConfig(config: VideoConfig): VideoDecoderConfig {
  const colours = toColourSpace(config.colour) ?? (config.codec === 'vp8' ? vp8Colours : undefined);
  const colorSpace = colours as VideoColorSpaceInit | undefined;
  return {
    codec: config.codec,
    codedWidth: config.width,
    codedHeight: config.height,
    optimizeForLatency: true,
    ...(colorSpace ? { colorSpace } : {}),
    ...(config.description.length > 0 ? { description: config.description } : {}),
  };
}

export function audioDecoderConfig(config: AudioConfig): AudioDecoderConfig {
  return {
    codec: config.codec,
    sampleRate: config.sampleRate,
    numberOfChannels: config.channels,
    ...(config.description.length > 0 ? { description: config.description } : {}),
  };
}

export function sameVideo(a: VideoConfig, b: VideoConfig): boolean {
  return (
    a.codec === b.codec &&
    a.width === b.width &&
    a.height === b.height &&
    a.quarterTurns === b.quarterTurns &&
    a.colour.every((code, i) => code === b.colour[i]) &&
    a.description.length === b.description.length &&
    a.description.every((byte, i) => byte === b.description[i])
  );
}

export function sameAudio(a: AudioConfig, b: AudioConfig): boolean {
  return (
    a.codec === b.codec &&
    a.sampleRate === b.sampleRate &&
    a.channels === b.channels &&
    a.description.length === b.description.length &&
    a.description.every((byte, i) => byte === b.description[i])
  );
}
