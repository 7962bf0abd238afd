/** The configs of messages as browsers want them, and whether two of them are the same. */
import { toColourSpace } from '@murmuration/shared/media/colour-space.ts';
import type { AudioConfig, VideoConfig } from '@murmuration/shared/media/media-message.ts';

export function videoDecoderConfig(config: VideoConfig): VideoDecoderConfig {
  const colorSpace = toColourSpace(config.colour) as VideoColorSpaceInit | undefined;
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
