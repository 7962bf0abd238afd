/** Writes a recording's steps to files, or to a pipe, through mediabunny. Steps wait their turn here, up to a cap. */
import { extname } from 'node:path';
import type { Writable } from 'node:stream';
import { toColourSpace } from '@murmuration/shared/media/colour-space.ts';
import type { AudioConfig, VideoConfig } from '@murmuration/shared/media/media-message.ts';
import {
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  FilePathTarget,
  Output,
  StreamTarget,
  type Target,
} from 'mediabunny';
import { audioCodecOf, outputFormat, videoCodecOf } from './container.ts';
import type { Container } from './container-kinds.ts';
import { type RecordingStep, recordingLimits } from './recording.ts';

/** Steps that wait for a slow disk or pipe, in bytes. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** What is gathered before it is written to a file. */
const CHUNK_BYTES = 128 * 1024;

export type RecorderFailure = 'unfit' | 'too-slow' | 'too-many-parts' | 'one-part-only' | 'write-failed';

/** The message is for people: why the recording ended, and what to do. */
export class RecorderError extends Error {
  override readonly name = 'RecorderError';
  readonly reason: RecorderFailure;

  constructor(reason: RecorderFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

interface OpenPart {
  readonly output: Output;
  readonly video: EncodedVideoPacketSource | undefined;
  readonly audio: EncodedAudioPacketSource | undefined;
  /** Told with the first packet of a track. */
  videoMeta: EncodedVideoChunkMetadata | undefined;
  audioMeta: EncodedAudioChunkMetadata | undefined;
}

export interface RecorderOptions {
  readonly container: Container;
  /** A file's path, or a pipe. Later parts get a number: film.mkv, film-2.mkv. */
  readonly to: string | Writable;
  /** Called once, when nothing more can be written. */
  readonly onError: (error: RecorderError) => void;
  /** A file was begun. */
  readonly onFile: (path: string) => void;
}

export class Recorder {
  readonly #options: RecorderOptions;
  #part: OpenPart | undefined;
  #parts = 0;
  #done: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #failed = false;
  #writtenSeconds = 0;
  #secondsBefore = 0;
  #pictures = 0;
  #sounds = 0;
  #bytes = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** What was written of encoded pictures and sound. */
  figures(): { seconds: number; pictures: number; sounds: number; bytes: number } {
    return {
      seconds: this.#secondsBefore + this.#writtenSeconds,
      pictures: this.#pictures,
      sounds: this.#sounds,
      bytes: this.#bytes,
    };
  }

  take(steps: readonly RecordingStep[]): void {
    for (const step of steps) {
      if (this.#failed) return;
      const bytes = 'bytes' in step ? step.bytes.length : 0;
      this.#waitingBytes += bytes;
      if (this.#waitingBytes > WAITING_BYTES_MAX) {
        this.#fail(
          new RecorderError(
            'too-slow',
            'The output takes less than the stream brings: the recording ended. Write to a faster disk or pipe.',
          ),
        );
        return;
      }
      this.#done = this.#done.then(async () => {
        if (!this.#failed)
          await this.#perform(step).catch((cause: unknown) => this.#fail(recorderError(cause)));
        this.#waitingBytes -= bytes;
      });
    }
  }

  /** Resolves when all is written and the file is complete. */
  async finished(): Promise<void> {
    await this.#done;
    // After a failure the file is completed with what there is.
    await this.#end().catch(() => undefined);
  }

  #fail(error: RecorderError): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onError(error);
  }

  async #perform(step: RecordingStep): Promise<void> {
    switch (step.type) {
      case 'begin':
        return await this.#begin(step.video, step.audio);
      case 'picture':
      case 'sound':
        return await this.#add(step);
      case 'close':
        return (step.track === 'picture' ? this.#part?.video : this.#part?.audio)?.close();
      case 'end':
        return await this.#end();
      case 'too-many-parts':
        throw new RecorderError(
          'too-many-parts',
          `The stream changed its form more than ${recordingLimits.partsMax} times: the recording ended.`,
        );
    }
  }

  async #begin(video: VideoConfig | undefined, audio: AudioConfig | undefined): Promise<void> {
    const { container, to, onFile } = this.#options;
    this.#parts++;
    if (this.#parts > 1 && typeof to !== 'string') {
      throw new RecorderError(
        'one-part-only',
        'The stream changed its form (codec, size or tracks), which a pipe cannot follow. Start again, or record to a file.',
      );
    }
    const format = outputFormat(container, typeof to !== 'string');
    const videoCodec = video && videoCodecOf(video);
    const audioCodec = audio && audioCodecOf(audio);
    const fits =
      (!video || (videoCodec && format.getSupportedVideoCodecs().includes(videoCodec))) &&
      (!audio || (audioCodec && format.getSupportedAudioCodecs().includes(audioCodec)));
    if (!fits) {
      const codecs = [video?.codec, audio?.codec].filter((codec) => codec !== undefined).join(' and ');
      throw new RecorderError(
        'unfit',
        `A .${container} file cannot hold ${codecs}. ${container === 'mkv' ? 'This version does not know it.' : 'Choose a name that ends in .mkv.'}`,
      );
    }
    const path = typeof to === 'string' ? partPath(to, this.#parts) : undefined;
    const target: Target =
      path === undefined
        ? pipeTarget(to as Writable)
        : new FilePathTarget(path, { chunked: true, chunkSize: CHUNK_BYTES });
    const output = new Output({ format, target });
    const videoSource = videoCodec && new EncodedVideoPacketSource(videoCodec);
    const audioSource = audioCodec && new EncodedAudioPacketSource(audioCodec);
    if (videoSource && video)
      output.addVideoTrack(videoSource, { rotation: (video.quarterTurns * 90) as 0 | 90 | 180 | 270 });
    if (audioSource) output.addAudioTrack(audioSource);
    await output.start();
    this.#part = {
      output,
      video: videoSource,
      audio: audioSource,
      videoMeta: video && { decoderConfig: videoDescription(video) },
      audioMeta: audio && { decoderConfig: audioDescription(audio) },
    };
    if (path !== undefined) onFile(path);
  }

  async #add(step: Extract<RecordingStep, { type: 'picture' | 'sound' }>): Promise<void> {
    const part = this.#part;
    if (!part) return;
    const { type, key, seconds, durationSeconds, bytes } = step;
    const packet = new EncodedPacket(bytes, key ? 'key' : 'delta', seconds, durationSeconds);
    if (type === 'picture') {
      await part.video?.add(packet, part.videoMeta);
      part.videoMeta = undefined;
      this.#pictures++;
    } else {
      await part.audio?.add(packet, part.audioMeta);
      part.audioMeta = undefined;
      this.#sounds++;
    }
    this.#bytes += bytes.length;
    this.#writtenSeconds = Math.max(this.#writtenSeconds, seconds + durationSeconds);
  }

  async #end(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    this.#secondsBefore += this.#writtenSeconds;
    this.#writtenSeconds = 0;
    await part?.output.finalize();
  }
}

/** film.mkv, film-2.mkv, film-3.mkv … */
export function partPath(path: string, part: number): string {
  if (part === 1) return path;
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}-${part}${ending}`;
}

function videoDescription(config: VideoConfig): VideoDecoderConfig {
  const colorSpace = toColourSpace(config.colour) as VideoColorSpaceInit | undefined;
  return {
    codec: config.codec,
    codedWidth: config.width,
    codedHeight: config.height,
    ...(colorSpace ? { colorSpace } : {}),
    ...(config.description.length > 0 ? { description: config.description } : {}),
  };
}

function audioDescription(config: AudioConfig): AudioDecoderConfig {
  return {
    codec: config.codec,
    sampleRate: config.sampleRate,
    numberOfChannels: config.channels,
    ...(config.description.length > 0 ? { description: config.description } : {}),
  };
}

/** Waits where the pipe is full. */
function pipeTarget(pipe: Writable): Target {
  return new StreamTarget(
    new WritableStream({
      write: ({ data }) =>
        new Promise<void>((resolve, reject) => {
          pipe.write(data, (error) => (error ? reject(error) : resolve()));
        }),
    }),
  );
}

function recorderError(cause: unknown): RecorderError {
  if (cause instanceof RecorderError) return cause;
  return new RecorderError(
    'write-failed',
    `The recording cannot be written: ${(cause as Error).message}`,
    cause,
  );
}
