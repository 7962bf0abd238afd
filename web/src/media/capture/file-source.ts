/**
 * A video or sound file as a live source. Its packets pass through untouched, at the pace of their decode times, and begin
 * again at the end. Pictures that not every viewer could start with, or for which the host chose a bitrate, are encoded anew;
 * sound is always passed through. The preview decodes what goes out.
 */

import { FilePacketReader } from '@murmuration/shared/media/file-packet-reader.ts';
import { LoopTimeline } from '@murmuration/shared/media/loop-timeline.ts';
import { MediaMuxer, type OnMessage } from '@murmuration/shared/media/media-muxer.ts';
import { EncodedPacketSink, VideoSampleSink } from 'mediabunny';
import { StreamPlayer } from '../player.ts';
import { wallClockMs } from '../wall-clock.ts';
import { heightFor, ladderSteps, usualBitsPerSecond } from './bitrate-ladder.ts';
import { CARD_BITS_PER_SECOND, CARD_SIZE, cardLines, cardPictures, newCard, SOUND_ONLY } from './card.ts';
import { AUDIO_BITS_PER_SECOND } from './encoder-track.ts';
import { FilePictureReader } from './file-picture-reader.ts';
import { type FileTracks, openTracks } from './file-tracks.ts';
import { LivePackets } from './live-packets.ts';
import {
  type LiveSource,
  type OnEnded,
  SourceError,
  type SourceInfo,
  type SourceOptions,
  type SourceStats,
} from './live-source.ts';
import { PictureEncoder } from './picture-encoder.ts';
import { startTicker } from './ticker.ts';

/** After a longer sleep the file goes on from where it stood instead of sending all at once. */
const CATCH_UP_MS = 500;
const TICK_MS = 5;

/** Opens a file. Throws SourceError. */
export async function openFile(file: Blob, name: string, options: SourceOptions = {}): Promise<LiveSource> {
  const tracks = await openTracks(file, name);
  const { video, audio, size, unfit, soundUnplayable } = tracks;
  const durationSeconds = Math.max(tracks.endsAtSeconds - tracks.beginsAtSeconds, 0.1);
  const asked = options.bitsPerSecond;
  const encodeAt =
    video && (unfit !== undefined || asked !== undefined) ? (asked ?? usualFor(size.height)) : undefined;
  const passed = video && encodeAt === undefined ? video.track : undefined;
  const packets =
    passed || audio
      ? await FilePacketReader.open(
          {
            ...(passed ? { video: new EncodedPacketSink(passed) } : {}),
            ...(audio ? { audio: new EncodedPacketSink(audio.track) } : {}),
          },
          tracks.beginsAtSeconds,
          tracks.endsAtSeconds,
        )
      : undefined;
  const description = [
    `${name}, ${Math.round(durationSeconds)} s`,
    ...(video ? [`${size.width} × ${size.height}`] : ['sound only']),
  ].join(', ');
  const notes = [
    ...(unfit === undefined ? [] : [`The picture is encoded anew: ${unfit}.`]),
    ...(soundUnplayable ? ['Its sound is left out: this browser cannot play it.'] : []),
  ];
  const info: SourceInfo = {
    ...(video ? size : CARD_SIZE),
    bitsPerSecond: encodeAt ?? Math.round((file.size * 8) / durationSeconds),
    description,
    ...(notes.length > 0 ? { note: notes.join(' ') } : {}),
  };
  return new FileSource(tracks, packets, encodeAt, info);
}

/** Not more than a picture of this height is worth. */
function usualFor(height: number): number {
  const enough = ladderSteps.find((step) => height <= step.height)?.bitsPerSecond ?? Number.POSITIVE_INFINITY;
  return Math.min(enough, usualBitsPerSecond(navigator.hardwareConcurrency));
}

class FileSource implements LiveSource {
  readonly preview: HTMLCanvasElement;
  readonly info: SourceInfo;
  readonly #tracks: FileTracks;
  readonly #packets: FilePacketReader | undefined;
  readonly #pictures: FilePictureReader | undefined;
  readonly #player: StreamPlayer;
  /** Undefined: passed through as it is. */
  #bitsPerSecond: number | undefined;
  #muxer: MediaMuxer | undefined;
  #encoder: PictureEncoder | undefined;
  /** Where the beginning of the file lies on the stream's timeline, in µs; undefined until that is decided (anew). */
  #beginsAtUs: number | undefined;
  #stops: (() => void)[] = [];
  #paused = false;
  #stopped = false;

  constructor(
    tracks: FileTracks,
    packets: FilePacketReader | undefined,
    bitsPerSecond: number | undefined,
    info: SourceInfo,
  ) {
    this.#tracks = tracks;
    this.#packets = packets;
    this.#bitsPerSecond = bitsPerSecond;
    if (tracks.video && bitsPerSecond !== undefined)
      this.#pictures = new FilePictureReader(
        tracks.video.track,
        new LoopTimeline(tracks.beginsAtSeconds, tracks.endsAtSeconds),
      );
    this.info = info;
    this.preview = document.createElement('canvas');
    this.preview.width = info.width;
    this.preview.height = info.height;
    this.preview.setAttribute('role', 'img');
    this.preview.setAttribute('aria-label', `Preview of ${info.description}`);
    this.#player = new StreamPlayer(this.preview);
    // Something to see before going live; without it the preview only stays dark.
    this.#paintBeginning().catch(() => undefined);
  }

  start(onMessage: OnMessage, onEnded: OnEnded, originMs: number): void {
    const fail = (error: SourceError): void => {
      if (this.#stopped) return;
      this.stop();
      onEnded(error);
    };
    const unreadable = (cause: unknown): void =>
      fail(
        new SourceError(
          'unreadable-file',
          'The file could not be read to its end. If it was moved or changed, choose it again.',
          cause,
        ),
      );
    const muxer = new MediaMuxer(true, (message, key) => {
      if (this.#stopped) return;
      onMessage(message, key);
      this.#player.push(message, key, performance.now());
    });
    this.#muxer = muxer;
    const { video, audio } = this.#tracks;
    if (audio) muxer.setAudio(audio.config);
    if (video && !this.#pictures) muxer.setVideo(video.config);
    else {
      const { onVideo } = new LivePackets(muxer, originMs, 'wall-clock');
      const cannotEncode = (cause: unknown): void =>
        fail(
          new SourceError(
            'encoder-failed',
            'This browser could not encode the file. Choose a smaller quality, or try another browser.',
            cause,
          ),
        );
      const linesFor = video ? heightFor : cardLines;
      this.#encoder = new PictureEncoder(this.#pictureBits(), onVideo, cannotEncode, linesFor);
    }
    if (!video) this.#startCard();
    this.#packets?.fill(unreadable);
    this.#pictures?.fill(unreadable);
    this.#stops.push(startTicker(TICK_MS, () => this.#sendDue(muxer, originMs)));
  }

  setBitrate(bitsPerSecond: number | undefined): number | undefined {
    const { unfit, size } = this.#tracks;
    if (!this.#pictures) return bitsPerSecond === undefined ? this.info.bitsPerSecond : undefined;
    if (bitsPerSecond === undefined && unfit === undefined) return undefined;
    this.#bitsPerSecond = bitsPerSecond ?? usualFor(size.height);
    this.#encoder?.setBitrate(this.#pictureBits());
    return this.#bitsPerSecond;
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#beginsAtUs = undefined;
    if (!paused) this.#encoder?.requestKey();
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops.splice(0)) stop();
    this.#encoder?.stop();
    this.#packets?.stop();
    this.#pictures?.stop();
    this.#player.stop();
    this.#tracks.input.dispose();
  }

  stats(): SourceStats {
    const { videoFrames = 0, keyFrames = 0 } = this.#muxer?.stats() ?? {};
    const { width, height } = this.#encoder?.size ?? this.info;
    return { videoFrames, keyFrames, width, height, dropped: this.#encoder?.dropped ?? 0 };
  }

  async #paintBeginning(): Promise<void> {
    const { video, beginsAtSeconds } = this.#tracks;
    const context = this.preview.getContext('2d', { alpha: false });
    const { width, height } = this.preview;
    if (!video) return context?.drawImage(newCard(SOUND_ONLY), 0, 0, width, height);
    const sink = new VideoSampleSink(video.track);
    const first = await sink.getSample(Math.max(beginsAtSeconds, await video.track.getFirstTimestamp()));
    if (first && context && !this.#muxer) first.draw(context, 0, 0, width, height);
    first?.close();
  }

  #pictureBits(): number {
    if (this.#bitsPerSecond === undefined) return CARD_BITS_PER_SECOND;
    return this.#bitsPerSecond - (this.#tracks.audio ? AUDIO_BITS_PER_SECOND : 0);
  }

  /** Sound alone is shown as a card. */
  #startCard(): void {
    const card = newCard(SOUND_ONLY);
    const encoder = this.#encoder;
    const feed = cardPictures(card);
    const stop = feed(
      (picture) => {
        if (this.#paused || !encoder) picture.close();
        else encoder.add(picture);
      },
      () => undefined,
    );
    this.#stops.push(stop);
  }

  #sendDue(muxer: MediaMuxer, originMs: number): void {
    if (this.#paused) return;
    const heads = [this.#packets, this.#pictures]
      .filter((each) => each !== undefined)
      .map((each) => each.peek());
    const dueUs = Math.min(...heads.map((head) => head?.sendAtUs ?? Number.POSITIVE_INFINITY));
    const nowMs = wallClockMs();
    const nowUs = (nowMs - originMs) * 1_000;
    if (this.#beginsAtUs === undefined) {
      // Sound and picture begin together.
      if (heads.includes(undefined)) return;
      this.#beginsAtUs = nowUs - dueUs;
    }
    const behindUs = nowUs - this.#beginsAtUs - dueUs;
    if (Number.isFinite(behindUs) && behindUs > CATCH_UP_MS * 1_000) this.#beginsAtUs += behindUs;
    this.#sendPackets(muxer, this.#beginsAtUs, nowMs, nowUs - this.#beginsAtUs);
    this.#sendPictures(originMs, this.#beginsAtUs, nowUs - this.#beginsAtUs);
  }

  #sendPackets(muxer: MediaMuxer, beginsAtUs: number, nowMs: number, untilUs: number): void {
    for (let next = this.#packets?.takeBefore(untilUs); next; next = this.#packets?.takeBefore(untilUs)) {
      const { durationUs, bytes } = next;
      const ptsUs = Math.round(beginsAtUs + next.ptsUs);
      if (next.kind === 'audio') muxer.audio({ ptsUs, durationUs, bytes });
      else {
        const leadUs = next.ptsUs - next.sendAtUs;
        muxer.video({ ptsUs, durationUs, leadUs, capturedAtMs: Math.round(nowMs), bytes }, next.key);
      }
    }
  }

  #sendPictures(originMs: number, beginsAtUs: number, untilUs: number): void {
    for (let next = this.#pictures?.takeBefore(untilUs); next; next = this.#pictures?.takeBefore(untilUs)) {
      next.picture.setTimestamp(originMs / 1_000 + (beginsAtUs + next.sendAtUs) / 1e6);
      this.#encoder?.add(next.picture);
    }
  }
}
