/**
 * What a decoder is told about a track, from the names of WebCodecs (VideoDecoderConfig, AudioDecoderConfig) into the
 * config that goes before key pictures. The types say only what is read, so that a page and a program can both call it.
 */
import { type ColourSpace, toColourCodes } from './colour-space.ts';
import type { AudioConfig, VideoConfig } from './media-message.ts';

interface VideoDescription {
  readonly codec: string;
  readonly codedWidth?: number | undefined;
  readonly codedHeight?: number | undefined;
  readonly colorSpace?: ColourSpace | undefined;
  readonly description?: ArrayBufferLike | ArrayBufferView | undefined;
}

interface AudioDescription {
  readonly codec: string;
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  readonly description?: ArrayBufferLike | ArrayBufferView | undefined;
}

/** Undefined if the size is not known. @param quarterTurns clockwise, to be made before showing. */
export function toVideoConfig(config: VideoDescription, quarterTurns = 0): VideoConfig | undefined {
  const { codec, codedWidth, codedHeight, colorSpace, description } = config;
  if (!codedWidth || !codedHeight) return undefined;
  return {
    codec,
    width: codedWidth,
    height: codedHeight,
    quarterTurns,
    colour: toColourCodes(colorSpace),
    description: bytesOf(description),
  };
}

export function toAudioConfig(config: AudioDescription): AudioConfig {
  const { codec, sampleRate, numberOfChannels, description } = config;
  return { codec, sampleRate, channels: numberOfChannels, description: bytesOf(description) };
}

function bytesOf(source: ArrayBufferLike | ArrayBufferView | undefined): Uint8Array {
  if (!source) return new Uint8Array(0);
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
