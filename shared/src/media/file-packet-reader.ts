/**
 * Reads a file's tracks ahead of their time, round after round, as one queue in the order in which the packets are due.
 * Files are parsed elsewhere: a track is anything that lists its packets, such as mediabunny's EncodedPacketSink. Not a
 * machine: reading is asynchronous; what is due when is decided by the queue alone.
 */

import { DecodeTimes, reorderDelay } from './decode-times.ts';
import { LoopTimeline } from './loop-timeline.ts';
import { mediaLimits } from './media-limits.ts';

/** Pictures whose order tells how far a codec reorders. */
const REORDER_PROBE_PACKETS = 120;

/** Of a packet of sound, before any has said how long it lasts: Opus. */
const SOUND_SECONDS_USUAL = 0.02;

export interface FilePacket {
  readonly kind: 'video' | 'audio';
  readonly key: boolean;
  /** When it is due, and when its content is shown, in µs on an endless timeline that begins at 0. */
  readonly sendAtUs: number;
  readonly ptsUs: number;
  readonly durationUs: number;
  readonly bytes: Uint8Array;
}

/** A packet of a file; times in seconds as the file counts them. */
interface TrackPacket {
  readonly type: 'key' | 'delta';
  readonly timestamp: number;
  readonly duration: number;
  readonly data: Uint8Array;
}

interface Track {
  /** In decode order, from the beginning, each time that it is called. */
  packets(
    start?: undefined,
    end?: undefined,
    options?: { readonly metadataOnly?: boolean },
  ): AsyncIterable<TrackPacket>;
}

export interface FileTracks {
  readonly video?: Track;
  readonly audio?: Track;
}

export class FilePacketReader {
  readonly #tracks: FileTracks;
  readonly #timeline: LoopTimeline;
  readonly #reorderSeconds: number;
  #queue: FilePacket[] = [];
  #wake: (() => void) | undefined;
  #stopped = false;
  #readToTheEnd = false;

  private constructor(tracks: FileTracks, timeline: LoopTimeline, reorderSeconds: number) {
    this.#tracks = tracks;
    this.#timeline = timeline;
    this.#reorderSeconds = reorderSeconds;
  }

  /**
   * @param firstTimestamp the smallest timestamp of the tracks, in seconds.
   * @param endTimestamp where the longest track ends, in seconds.
   */
  static async open(
    tracks: FileTracks,
    firstTimestamp: number,
    endTimestamp: number,
  ): Promise<FilePacketReader> {
    const pts: number[] = [];
    for await (const packet of tracks.video?.packets(undefined, undefined, { metadataOnly: true }) ?? []) {
      pts.push(packet.timestamp);
      if (pts.length >= REORDER_PROBE_PACKETS) break;
    }
    return new FilePacketReader(tracks, new LoopTimeline(firstTimestamp, endTimestamp), reorderDelay(pts));
  }

  get durationSeconds(): number {
    return this.#timeline.durationSeconds;
  }

  /** How often the file has been read to its end. */
  get round(): number {
    return this.#timeline.round;
  }

  /** True when nothing follows any more. */
  get ended(): boolean {
    return this.#readToTheEnd && this.#queue.length === 0;
  }

  /** Starts to read, and keeps the queue filled until `stop`, or until the end of the file if it is not to `loop`. */
  fill(onError: (cause: unknown) => void, loop = true): void {
    this.#read(loop).catch((cause: unknown) => {
      if (!this.#stopped) onError(cause);
    });
  }

  peek(): FilePacket | undefined {
    return this.#queue[0];
  }

  /** The next packet that is due before `untilUs`, if any. */
  takeBefore(untilUs: number): FilePacket | undefined {
    const head = this.#queue[0];
    if (!head || head.sendAtUs > untilUs) return undefined;
    this.#queue.shift();
    if (this.#queue.length < mediaLimits.fileReadAheadPacketsMax / 2) this.#wake?.();
    return head;
  }

  stop(): void {
    this.#stopped = true;
    this.#queue = [];
    this.#wake?.();
  }

  async #read(loop: boolean): Promise<void> {
    while (!this.#stopped) {
      const video = this.#videoPackets();
      const audio = this.#audioPackets();
      let picture = await video.next();
      let sound = await audio.next();
      if (picture.done && sound.done) throw new Error('no packets in any track');
      while (!(picture.done && sound.done)) {
        if (this.#stopped) return;
        const takePicture = !picture.done && (sound.done || picture.value.sendAtUs <= sound.value.sendAtUs);
        if (takePicture && !picture.done) {
          this.#queue.push(picture.value);
          picture = await video.next();
        } else if (!sound.done) {
          this.#queue.push(sound.value);
          sound = await audio.next();
        }
        if (this.#queue.length >= mediaLimits.fileReadAheadPacketsMax) await this.#roomInQueue();
      }
      this.#timeline.nextRound();
      if (!loop) break;
    }
    this.#readToTheEnd = true;
  }

  #roomInQueue(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async *#videoPackets(): AsyncGenerator<FilePacket, void> {
    const { video } = this.#tracks;
    if (!video) return;
    const times = new DecodeTimes<TrackPacket>();
    for await (const packet of video.packets()) {
      const next = times.push(packet, packet.timestamp);
      if (next) yield this.#place('video', next.packet, next.decodeTime);
    }
    for (const next of times.drain()) yield this.#place('video', next.packet, next.decodeTime);
  }

  async *#audioPackets(): AsyncGenerator<FilePacket, void> {
    const { audio } = this.#tracks;
    if (!audio) return;
    // The last packet of a WebM cluster often says no duration: it lasts as long as the one before.
    let duration = SOUND_SECONDS_USUAL;
    // Sound is sent when it is shown: it waits for reordered pictures here and not at the viewers.
    for await (const packet of audio.packets()) {
      if (packet.duration > 0) duration = packet.duration;
      yield this.#place('audio', packet, packet.timestamp + this.#reorderSeconds, duration);
    }
  }

  #place(
    kind: FilePacket['kind'],
    packet: TrackPacket,
    decodeTime: number,
    duration = packet.duration,
  ): FilePacket {
    const ptsUs = Math.round(this.#timeline.map(packet.timestamp + this.#reorderSeconds) * 1e6);
    return {
      kind,
      key: packet.type === 'key',
      // A reorder depth that only shows later in the file must not make a picture due before it is sent.
      sendAtUs: Math.min(ptsUs, Math.round(this.#timeline.map(decodeTime) * 1e6)),
      ptsUs,
      durationUs: Math.round(duration * 1e6),
      bytes: packet.data,
    };
  }
}
