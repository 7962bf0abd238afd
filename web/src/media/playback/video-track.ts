/**
 * Encoded pictures in, decoded ones out. Decodes no further ahead than there is room for pictures, starts only at key
 * pictures, and begins anew at the next one after a gap or an error. The decoder itself is in a worker (picture-decoder.ts).
 */
import { mediaLimits } from '@murmuration/shared/media/media-limits.ts';
import type { VideoConfig, VideoPacket } from '@murmuration/shared/media/media-message.ts';
import { sameVideo, videoDecoderConfig } from './decoder-configs.ts';
import { PictureDecoder } from './picture-decoder.ts';
import type { Picture } from './picture-queue.ts';
import type { Trouble } from './trouble.ts';

/** Decoder errors in a row, without a picture between them, that are called trouble. */
const ERRORS_IN_A_ROW = 3;

/** A picture with what its packet said. Closing it frees the decoder's memory. */
export interface DecodedPicture extends Picture {
  readonly frame: VideoFrame;
  readonly durationUs: number;
  readonly capturedAtMs: number;
  readonly quarterTurns: number;
  /** The soonest that it could have been shown, without the time that it waited for room; ms of performance.now. */
  readonly readyMs: number;
}

export interface VideoTrackCalls {
  /** The picture then belongs to the callee. */
  onPicture(picture: DecodedPicture): void;
  onTrouble(trouble: Trouble): void;
  hasRoom(): boolean;
  /** Whether a picture is so late that it is better to go on at a newer key picture. */
  isHopeless(ptsUs: number): boolean;
}

interface Waiting {
  readonly packet: VideoPacket;
  /** Only with key pictures. */
  readonly config: VideoConfig | undefined;
}

interface Decoding extends Waiting {
  readonly quarterTurns: number;
  /** How long it waited before it was handed to the decoder, for want of room. */
  readonly waitedMs: number;
}

export class VideoTrack {
  readonly #calls: VideoTrackCalls;
  readonly #decoder: PictureDecoder;
  #waiting: (Waiting & { readonly pushedMs: number })[] = [];
  #waitingBytes = 0;
  #decoding = new Map<number, Decoding>();
  /** What the decoder was set up for. */
  #config: VideoConfig | undefined;
  /** It cannot be decoded here: dropped until another config comes. */
  #unsupported = false;
  #needsKey = true;
  #errorsInARow = 0;
  #dropped = 0;
  #idle = false;
  #stopped = false;

  constructor(calls: VideoTrackCalls) {
    this.#calls = calls;
    this.#decoder = new PictureDecoder({
      onFrame: (frame) => this.#decoded(frame),
      onTaken: () => this.pump(),
      onUnsupported: () => this.#refused(),
      onFailed: () => this.#failed(),
      onMissing: () => this.#missing(),
    });
  }

  /** Packets dropped before decoding: overtaken, over a cap, or in front of the first key picture after a gap. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param config with a key picture, undefined with others. */
  push(packet: VideoPacket, config: VideoConfig | undefined): void {
    if (this.#stopped) return;
    if (config) {
      const oldest = this.#waiting[0];
      if (this.#idle) this.#forgetWaiting();
      else if (oldest && this.#calls.isHopeless(oldest.packet.ptsUs)) this.#dropWaiting();
      this.#needsKey = false;
    } else if (this.#needsKey) {
      if (!this.#idle) this.#dropped++;
      return;
    }
    this.#waiting.push({ packet, config, pushedMs: performance.now() });
    this.#waitingBytes += packet.bytes.length;
    if (
      this.#waiting.length > mediaLimits.undecodedPacketsMax ||
      this.#waitingBytes > mediaLimits.undecodedBytesMax
    ) {
      this.gap();
      return;
    }
    this.pump();
  }

  /**
   * Discards until the next key picture. What a reordering decoder still holds would come out with that one, as late as
   * the gap was long; it is flushed out now and forgotten, for a loss is no reason to play later.
   */
  gap(): void {
    this.#dropWaiting();
    this.#needsKey = true;
    this.#decoding.clear();
    this.#decoder.flush();
  }

  /** Another timeline begins: nothing of the present one is of use. */
  restart(): void {
    this.#dropWaiting();
    this.#needsKey = true;
    this.#closeDecoder();
  }

  /** Hands packets to the decoder as far as there is room; call when room was made. */
  pump(): void {
    while (!this.#stopped && !this.#idle && this.#calls.hasRoom()) {
      const next = this.#waiting[0];
      if (!next) return;
      if (next.config) this.#useConfig(next.config);
      if (this.#decoder.queued >= mediaLimits.decoderQueueMax) return;
      this.#waiting.shift();
      this.#waitingBytes -= next.packet.bytes.length;
      if (this.#unsupported || !this.#decoder.isOpen) this.#dropped++;
      else this.#decode(next, performance.now() - next.pushedMs);
    }
  }

  /** While idle nothing is decoded; what came since the newest key picture waits for the end of that. */
  setIdle(idle: boolean): void {
    this.#idle = idle;
    if (idle) this.restart();
    else this.pump();
  }

  stop(): void {
    this.#stopped = true;
    this.#dropWaiting();
    this.#decoding.clear();
    this.#decoder.stop();
  }

  #decode(waiting: Waiting, waitedMs: number): void {
    const { packet, config } = waiting;
    const quarterTurns = this.#config?.quarterTurns ?? 0;
    this.#decoding.set(packet.ptsUs, { ...waiting, quarterTurns, waitedMs });
    if (this.#decoding.size > mediaLimits.packetTimesMax) {
      for (const oldest of this.#decoding.keys()) {
        this.#decoding.delete(oldest);
        break;
      }
    }
    const { ptsUs: timestamp, durationUs: duration } = packet;
    this.#decoder.decode({ type: config ? 'key' : 'delta', timestamp, duration }, packet.bytes);
  }

  #useConfig(config: VideoConfig): void {
    const same = this.#config !== undefined && sameVideo(this.#config, config);
    if (same && (this.#decoder.isOpen || this.#unsupported)) return;
    this.#decoding.clear();
    this.#config = config;
    this.#unsupported = false;
    this.#decoder.configure(videoDecoderConfig(config));
  }

  #refused(): void {
    this.#unsupported = true;
    this.#decoding.clear();
    this.#calls.onTrouble({
      reason: 'video-codec-unsupported',
      message: `This browser cannot play the video of this stream (${this.#config?.codec}). Try another browser.`,
    });
    this.pump();
  }

  #missing(): void {
    this.#calls.onTrouble({
      reason: 'player-not-loaded',
      message: 'A part of the player could not be loaded. Check your connection and reload the page.',
    });
  }

  #decoded(frame: VideoFrame): void {
    const from = this.#decoding.get(frame.timestamp);
    if (!from) {
      frame.close();
      return;
    }
    this.#decoding.delete(frame.timestamp);
    this.#errorsInARow = 0;
    const { packet, quarterTurns, waitedMs } = from;
    this.#calls.onPicture({
      frame,
      ptsUs: packet.ptsUs,
      durationUs: packet.durationUs,
      capturedAtMs: packet.capturedAtMs,
      quarterTurns,
      readyMs: performance.now() - waitedMs,
      close: () => frame.close(),
    });
    this.pump();
  }

  #failed(): void {
    this.#closeDecoder();
    // What waits may hold the next key picture already.
    const key = this.#waiting.findIndex(({ config }) => config !== undefined);
    if (key < 0) this.gap();
    else for (const { packet } of this.#waiting.splice(0, key)) this.#forget(packet);
    this.#errorsInARow++;
    if (this.#errorsInARow === ERRORS_IN_A_ROW) {
      this.#calls.onTrouble({
        reason: 'decoder-failed',
        message: 'The video of this stream cannot be decoded here. If that lasts, try another browser.',
      });
    }
  }

  #closeDecoder(): void {
    this.#decoding.clear();
    this.#decoder.close();
  }

  #dropWaiting(): void {
    for (const { packet } of this.#waiting.splice(0)) this.#forget(packet);
  }

  /** Nobody was to see these, so they do not count as dropped. */
  #forgetWaiting(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #forget(packet: VideoPacket): void {
    this.#waitingBytes -= packet.bytes.length;
    this.#dropped++;
  }
}
