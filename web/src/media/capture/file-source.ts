/**
 * A video or sound file as a live source. Its packets pass through untouched, at the pace of their decode times, and begin
 * again at the end. The preview decodes what goes out.
 *
 * Left out: re-encoding of files whose key frames lie far apart, or whose codec only this browser knows.
 */

import { toAudioConfig, toVideoConfig } from '@murmuration/shared/media/decoder-config.ts';
import { FilePacketReader } from '@murmuration/shared/media/file-packet-reader.ts';
import type { AudioConfig, VideoConfig } from '@murmuration/shared/media/media-message.ts';
import { MediaMuxer, type OnMessage } from '@murmuration/shared/media/media-muxer.ts';
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
import { StreamPlayer } from '../player.ts';
import { wallClockMs } from '../wall-clock.ts';
import {
  type LiveSource,
  type OnEnded,
  SourceError,
  type SourceInfo,
  type SourceStats,
} from './live-source.ts';
import { startTicker } from './ticker.ts';

/** Key frames further apart make viewers wait for their first picture. */
const KEY_FRAMES_FAR_SECONDS = 2;

/** After a longer sleep the file goes on from where it stood instead of sending all at once. */
const CATCH_UP_MS = 500;

/** Opens a file. Throws SourceError. */
export async function openFile(file: Blob, name: string): Promise<LiveSource> {
  const input = new Input({ source: new BlobSource(file), formats: [MP4, QTFF, WEBM, MATROSKA, OGG, MP3] });
  try {
    return await readTracks(input, file, name);
  } catch (cause) {
    input.dispose();
    if (cause instanceof SourceError) throw cause;
    throw new SourceError(
      'unreadable-file',
      `“${name}” could not be read as a video. Files of type MP4, WebM, MOV and MKV work.`,
      cause,
    );
  }
}

async function readTracks(input: Input, file: Blob, name: string): Promise<FileSource> {
  const videoTrack = await input.getPrimaryVideoTrack();
  const audioTrack = await input.getPrimaryAudioTrack();
  if (!videoTrack && !audioTrack)
    throw new SourceError('no-playable-track', `“${name}” holds neither picture nor sound.`);
  const video = videoTrack ? await videoConfigOf(videoTrack, name) : undefined;
  const audio = audioTrack ? await audioConfigOf(audioTrack) : undefined;
  if (!video && !audio) {
    throw new SourceError('codec-unsupported', `This browser cannot play the sound in “${name}”.`);
  }
  const tracks = { video: video && videoTrack, audio: audio && audioTrack };
  const used = [tracks.video, tracks.audio].filter((track) => track != null);
  const reader = await FilePacketReader.open(
    {
      ...(tracks.video ? { video: new EncodedPacketSink(tracks.video) } : {}),
      ...(tracks.audio ? { audio: new EncodedPacketSink(tracks.audio) } : {}),
    },
    await input.getFirstTimestamp(used),
    await input.computeDuration(used),
  );
  const seconds = reader.durationSeconds;
  const turned = (video?.quarterTurns ?? 0) % 2 === 1;
  const notes = [
    `${name}, ${Math.round(seconds)} s`,
    ...(videoTrack && video
      ? [`${turned ? video.height : video.width} × ${turned ? video.width : video.height}`]
      : []),
    ...(audioTrack && !audio ? ['without its sound, which this browser cannot play'] : []),
    ...(videoTrack && (await keyFramesAreFar(videoTrack))
      ? ['key frames lie far apart: viewers wait longer for the first picture']
      : []),
  ];
  const info: SourceInfo = {
    width: (turned ? video?.height : video?.width) ?? 0,
    height: (turned ? video?.width : video?.height) ?? 0,
    ...(video ? { videoCodec: video.codec } : {}),
    ...(audio ? { audioCodec: audio.codec } : {}),
    bitsPerSecond: Math.round((file.size * 8) / Math.max(seconds, 0.1)),
    description: notes.join(', '),
  };
  return new FileSource(input, reader, video, audio, info);
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
      `“${name}” holds video of type ${codec}, which this browser cannot play, nor could viewers’. Convert it to H.264, VP9 or AV1.`,
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

/** Looks at the first few key frames. */
async function keyFramesAreFar(track: InputVideoTrack): Promise<boolean> {
  const sink = new EncodedPacketSink(track);
  let packet = await sink.getFirstKeyPacket({ metadataOnly: true });
  for (let i = 0; packet && i < 4; i++) {
    const next = await sink.getNextKeyPacket(packet, { metadataOnly: true });
    const end = next?.timestamp ?? (await track.computeDuration());
    if (end - packet.timestamp > KEY_FRAMES_FAR_SECONDS) return true;
    packet = next;
  }
  return false;
}

class FileSource implements LiveSource {
  readonly preview: HTMLCanvasElement;
  readonly info: SourceInfo;
  readonly #input: Input;
  readonly #reader: FilePacketReader;
  readonly #video: VideoConfig | undefined;
  readonly #audio: AudioConfig | undefined;
  readonly #player: StreamPlayer;
  #muxer: MediaMuxer | undefined;
  #stopTicker: (() => void) | undefined;
  #stopped = false;

  constructor(
    input: Input,
    reader: FilePacketReader,
    video: VideoConfig | undefined,
    audio: AudioConfig | undefined,
    info: SourceInfo,
  ) {
    this.#input = input;
    this.#reader = reader;
    this.#video = video;
    this.#audio = audio;
    this.info = info;
    this.preview = document.createElement('canvas');
    this.preview.width = info.width || 640;
    this.preview.height = info.height || 360;
    this.preview.setAttribute('role', 'img');
    this.preview.setAttribute('aria-label', `Preview of ${info.description}`);
    this.#player = new StreamPlayer(this.preview);
  }

  start(onMessage: OnMessage, onEnded: OnEnded): void {
    const muxer = new MediaMuxer(this.#video !== undefined, (message, key) => {
      if (this.#stopped) return;
      onMessage(message, key);
      this.#player.push(message, key, performance.now());
    });
    this.#muxer = muxer;
    if (this.#video) muxer.setVideo(this.#video);
    if (this.#audio) muxer.setAudio(this.#audio);
    this.#reader.fill((cause) => {
      if (this.#stopped) return;
      this.stop();
      onEnded(
        new SourceError(
          'unreadable-file',
          'The file could not be read to its end. Was it moved or changed?',
          cause,
        ),
      );
    });
    let originMs: number | undefined;
    this.#stopTicker = startTicker(5, () => {
      const nowMs = wallClockMs();
      const head = this.#reader.peek();
      if (!head) return;
      originMs ??= nowMs - head.sendAtUs / 1_000;
      const behindMs = nowMs - originMs - head.sendAtUs / 1_000;
      if (behindMs > CATCH_UP_MS) originMs += behindMs;
      const untilUs = (nowMs - originMs) * 1_000;
      for (let next = this.#reader.takeBefore(untilUs); next; next = this.#reader.takeBefore(untilUs)) {
        const { ptsUs, durationUs, bytes } = next;
        if (next.kind === 'audio') muxer.audio({ ptsUs, durationUs, bytes });
        else {
          const leadUs = ptsUs - next.sendAtUs;
          muxer.video({ ptsUs, durationUs, leadUs, capturedAtMs: Math.round(nowMs), bytes }, next.key);
        }
      }
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#stopTicker?.();
    this.#reader.stop();
    this.#player.stop();
    this.#input.dispose();
  }

  stats(): SourceStats {
    const { videoFrames = 0, audioPackets = 0, bytes = 0, keyFrames = 0 } = this.#muxer?.stats() ?? {};
    return { videoFrames, audioPackets, bytes, keyFrames, dropped: 0 };
  }
}
