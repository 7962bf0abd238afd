/**
 * A media file to be hosted from Node.js: its tracks, as far as viewers can play them, and their packets as a queue. Nothing is
 * encoded here, so a file that does not suit a live stream is refused with words on how to make one that does.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { toAudioConfig, toVideoConfig } from '@murmuration/shared/media/decoder-config.ts';
import { FilePacketReader } from '@murmuration/shared/media/file-packet-reader.ts';
import type { AudioConfig, VideoConfig } from '@murmuration/shared/media/media-message.ts';
import {
  EncodedPacketSink,
  FilePathSource,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  MATROSKA,
  MP4,
  QTFF,
  WEBM,
} from 'mediabunny';

/** What every page of today decodes: see the table of codecs in the README. */
const PLAYABLE_VIDEO = ['avc', 'vp8', 'vp9', 'av1'];
const PLAYABLE_AUDIO = ['aac', 'opus'];

/** Key frames further apart make newcomers wait, and are more than neighbours keep for them. */
const KEY_FRAMES_FAR_SECONDS = 2;
/** Of a long file only the beginning is looked at. */
const KEY_FRAMES_LOOKED_AT = 60;
/** A frame late is no reason to refuse a file: key frames every 2 s are often a frame further apart. */
const KEY_FRAMES_TOLERANCE_SECONDS = 0.1;

export type MediaFileFailure = 'missing' | 'unreadable' | 'no-usable-track' | 'key-frames-far';

/** The message is for people: what is wrong with the file and what to do. */
export class MediaFileError extends Error {
  override readonly name = 'MediaFileError';
  readonly reason: MediaFileFailure;

  constructor(reason: MediaFileFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

export interface MediaFile {
  readonly video: VideoConfig | undefined;
  readonly audio: AudioConfig | undefined;
  readonly durationSeconds: number;
  /** What to expect on average, sound included. */
  readonly bitsPerSecond: number;
  /** For people: one line. */
  readonly description: string;
  /** For people: what of the file does not go out, and why. */
  readonly warnings: readonly string[];
  readonly reader: FilePacketReader;
  close(): void;
}

/** Opens a file. Throws {@link MediaFileError}. */
export async function openMediaFile(path: string): Promise<MediaFile> {
  const size = await sizeOf(path);
  const input = new Input({ source: new FilePathSource(path), formats: [MP4, QTFF, WEBM, MATROSKA] });
  try {
    return await readTracks(input, basename(path), size);
  } catch (cause) {
    input.dispose();
    if (cause instanceof MediaFileError) throw cause;
    throw new MediaFileError(
      'unreadable',
      `“${path}” cannot be read as a media file. MP4, MOV, MKV and WebM work; it may be damaged, or of another kind.`,
      cause,
    );
  }
}

async function sizeOf(path: string): Promise<number> {
  const file = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT'
      ? new MediaFileError('missing', `There is no file “${path}”.`, cause)
      : new MediaFileError('unreadable', `“${path}” cannot be opened: ${cause.message}.`, cause);
  });
  if (!file.isFile()) throw new MediaFileError('unreadable', `“${path}” is no file.`);
  return file.size;
}

async function readTracks(input: Input, name: string, sizeBytes: number): Promise<MediaFile> {
  const warnings: string[] = [];
  const video = await usableVideo(input, warnings);
  const audio = await usableAudio(input, warnings);
  if (!video && !audio) {
    throw new MediaFileError(
      'no-usable-track',
      [`“${name}” holds nothing that viewers can play.`, ...warnings, remedy(name)].join('\n'),
    );
  }
  if (video) await checkKeyFrames(video.track, name);
  const used = [video?.track, audio?.track].filter((track) => track !== undefined);
  const reader = await FilePacketReader.open(
    {
      ...(video ? { video: new EncodedPacketSink(video.track) } : {}),
      ...(audio ? { audio: new EncodedPacketSink(audio.track) } : {}),
    },
    await input.getFirstTimestamp(used),
    await input.computeDuration(used),
  );
  const { durationSeconds } = reader;
  return {
    video: video?.config,
    audio: audio?.config,
    durationSeconds,
    bitsPerSecond: Math.round((sizeBytes * 8) / Math.max(durationSeconds, 0.1)),
    description: [
      `${name}, ${Math.round(durationSeconds)} s`,
      ...(video ? [`${video.config.width} × ${video.config.height} ${video.config.codec}`] : []),
      ...(audio ? [audio.config.codec] : []),
    ].join(', '),
    warnings,
    reader,
    close: () => {
      reader.stop();
      input.dispose();
    },
  };
}

async function usableVideo(
  input: Input,
  warnings: string[],
): Promise<{ track: InputVideoTrack; config: VideoConfig } | undefined> {
  const track = await input.getPrimaryVideoTrack();
  if (!track) return undefined;
  const codec = await track.getCodec();
  const described = await track.getDecoderConfig();
  const config = described && toVideoConfig(described, (await track.getRotation()) / 90);
  if (config && codec && PLAYABLE_VIDEO.includes(codec)) return { track, config };
  warnings.push(
    `Its pictures are of type ${codec ?? 'unknown'}: only H.264, VP8, VP9 and AV1 play everywhere.`,
  );
  return undefined;
}

async function usableAudio(
  input: Input,
  warnings: string[],
): Promise<{ track: InputAudioTrack; config: AudioConfig } | undefined> {
  const track = await input.getPrimaryAudioTrack();
  if (!track) return undefined;
  const codec = await track.getCodec();
  const described = await track.getDecoderConfig();
  if (described && codec && PLAYABLE_AUDIO.includes(codec))
    return { track, config: toAudioConfig(described) };
  warnings.push(`Its sound is of type ${codec ?? 'unknown'}: only AAC and Opus play everywhere.`);
  return undefined;
}

async function checkKeyFrames(track: InputVideoTrack, name: string): Promise<void> {
  const sink = new EncodedPacketSink(track);
  let key = await sink.getFirstKeyPacket({ metadataOnly: true });
  let furthest = 0;
  for (let looked = 0; key && looked < KEY_FRAMES_LOOKED_AT; looked++) {
    const next = await sink.getNextKeyPacket(key, { metadataOnly: true });
    const end = next?.timestamp ?? (await track.computeDuration());
    furthest = Math.max(furthest, end - key.timestamp);
    key = next;
  }
  if (furthest <= KEY_FRAMES_FAR_SECONDS + KEY_FRAMES_TOLERANCE_SECONDS) return;
  throw new MediaFileError(
    'key-frames-far',
    `The key frames of “${name}” lie ${furthest.toFixed(1)} s apart, so that whoever joins would see nothing for as long. ` +
      `Nothing is encoded here; at most ${KEY_FRAMES_FAR_SECONDS} s work.\n${remedy(name)}`,
  );
}

const remedy = (name: string): string =>
  `Convert it first, such as with: ffmpeg -i ${JSON.stringify(name)} -c:v libx264 -pix_fmt yuv420p -force_key_frames 'expr:gte(t,n_forced)' -c:a aac converted.mp4`;
