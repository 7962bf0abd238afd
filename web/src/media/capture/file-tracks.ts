/** Looks into a file: what it holds, whether this browser can play it, and whether it can be passed through as it is. */

import { toAudioConfig, toVideoConfig } from '@murmuration/shared/media/decoder-config.ts';
import type { AudioConfig, VideoConfig } from '@murmuration/shared/media/media-message.ts';
import {
  BlobSource,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  MATROSKA,
  MP3,
  MP4,
  OGG,
  QTFF,
  WEBM,
} from 'mediabunny';
import type { Size } from './bitrate-ladder.ts';
import { SourceError } from './live-source.ts';

/** Key frames further apart make viewers wait for their first picture. */
const KEY_FRAMES_FAR_SECONDS = 2;
/** How many of them are looked at, from the beginning. */
const KEY_FRAMES_PROBED = 8;

/** What every browser plays that can watch at all. */
const common = /^(avc1|avc3|vp8|vp09|av01)/;

export interface FileTracks {
  readonly input: Input;
  readonly video: { readonly track: InputVideoTrack; readonly config: VideoConfig } | undefined;
  readonly audio: { readonly track: InputAudioTrack; readonly config: AudioConfig } | undefined;
  /** Pixels as shown; 0 × 0 without a picture. */
  readonly size: Size;
  /** Where the first of the tracks that are used begins, and where the last one ends, in seconds as the file counts them. */
  readonly beginsAtSeconds: number;
  readonly endsAtSeconds: number;
  /** Why the picture cannot be passed through as it is, in words; undefined if it can. */
  readonly unfit: string | undefined;
  /** There is sound, but this browser cannot play it. */
  readonly soundUnplayable: boolean;
}

/** Opens a file. Throws SourceError. */
export async function openTracks(file: Blob, name: string): Promise<FileTracks> {
  const input = new Input({ source: new BlobSource(file), formats: [MP4, QTFF, WEBM, MATROSKA, OGG, MP3] });
  try {
    return await readTracks(input, name);
  } catch (cause) {
    input.dispose();
    if (cause instanceof SourceError) throw cause;
    throw new SourceError(
      'unreadable-file',
      `“${name}” could not be read as a video. Files of type MP4, WebM, MOV, MKV, OGG and MP3 work; choose another one, or convert it.`,
      cause,
    );
  }
}

async function readTracks(input: Input, name: string): Promise<FileTracks> {
  const videoTrack = await input.getPrimaryVideoTrack();
  const audioTrack = await input.getPrimaryAudioTrack();
  if (!videoTrack && !audioTrack) {
    throw new SourceError(
      'no-playable-track',
      `“${name}” holds neither picture nor sound. Choose another file.`,
    );
  }
  const videoConfig = videoTrack ? await videoConfigOf(videoTrack, name) : undefined;
  const audioConfig = audioTrack ? await audioConfigOf(audioTrack) : undefined;
  const video = videoTrack && videoConfig && { track: videoTrack, config: videoConfig };
  const audio = audioTrack && audioConfig && { track: audioTrack, config: audioConfig };
  if (!video && !audio) {
    throw new SourceError(
      'codec-unsupported',
      `This browser cannot play the sound in “${name}”. Convert it to AAC, MP3 or Opus.`,
    );
  }
  const used = [video?.track, audio?.track].filter((track) => track !== undefined);
  return {
    input,
    video: video ?? undefined,
    audio: audio ?? undefined,
    size: sizeOf(video?.config),
    beginsAtSeconds: await input.getFirstTimestamp(used),
    endsAtSeconds: await input.computeDuration(used),
    unfit: video ? await whyUnfit(video.track, video.config) : undefined,
    soundUnplayable: audioTrack !== null && !audio,
  };
}

function sizeOf(config: VideoConfig | undefined): Size {
  if (!config) return { width: 0, height: 0 };
  const { width, height, quarterTurns } = config;
  return quarterTurns % 2 === 1 ? { width: height, height: width } : { width, height };
}

async function videoConfigOf(track: InputVideoTrack, name: string): Promise<VideoConfig> {
  const config = await track.getDecoderConfig();
  const turns = (await track.getRotation()) / 90;
  const video = config ? toVideoConfig(config, turns) : undefined;
  const supported = config && video && (await VideoDecoder.isConfigSupported(config).catch(() => undefined));
  if (!supported?.supported || !video) {
    const codec = (await track.getCodec()) ?? 'unknown';
    throw new SourceError(
      'codec-unsupported',
      `“${name}” holds video of type ${codec}, which this browser cannot play. Convert it to H.264, VP9 or AV1.`,
    );
  }
  return video;
}

async function audioConfigOf(track: InputAudioTrack): Promise<AudioConfig | undefined> {
  const config = await track.getDecoderConfig();
  if (!config || !('AudioDecoder' in globalThis)) return undefined;
  const supported = await AudioDecoder.isConfigSupported(config).catch(() => undefined);
  return supported?.supported ? toAudioConfig(config) : undefined;
}

async function whyUnfit(track: InputVideoTrack, { codec }: VideoConfig): Promise<string | undefined> {
  if (!common.test(codec)) return `not every browser plays its video (${codec})`;
  if (await keyFramesAreFar(track)) {
    return `its key frames lie more than ${KEY_FRAMES_FAR_SECONDS} s apart, and viewers would wait as long for their first picture`;
  }
  return undefined;
}

async function keyFramesAreFar(track: InputVideoTrack): Promise<boolean> {
  const sink = new EncodedPacketSink(track);
  let packet = await sink.getFirstKeyPacket({ metadataOnly: true });
  for (let i = 0; packet && i < KEY_FRAMES_PROBED; i++) {
    const next = await sink.getNextKeyPacket(packet, { metadataOnly: true });
    const end = next?.timestamp ?? (await track.computeDuration());
    if (end - packet.timestamp > KEY_FRAMES_FAR_SECONDS) return true;
    packet = next;
  }
  return false;
}
