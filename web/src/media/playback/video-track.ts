/**
 * Encoded pictures in, decoded ones out. Decodes no further ahead than there is room for pictures, starts only at key
 * pictures, and begins again with a new decoder at the next one after a gap or an error.
 */
import { mediaLimits } from '@murmuration/shared/media/media-limits.ts';
import type { VideoConfig, VideoPacket } from '@murmuration/shared/media/media-message.ts';
import { wallClockMs } from '../wall-clock.ts';
import { sameVideo, videoDecoderConfig } from './decoder-configs.ts';
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
  /** The soonest that it could have been shown, without the time that it waited for room; ms since 1970. */
  readonly readyMs: number;
}

export interface VideoTrackCalls {
  /** The decoder knows the codec of what came last. */
  onPlayable(): void;
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
  #waiting: (Waiting & { readonly pushedMs: number })[] = [];
  #waitingBytes = 0;
  #decoding = new Map<number, Decoding>();
  #decoder: VideoDecoder | undefined;
  #config: VideoConfig | undefined;
  /** The config being looked at, or found unsupported: nothing is decoded meanwhile. */
  #probed: { config: VideoConfig; supported: boolean | undefined } | undefined;
  #needsKey = true;
  #errorsInARow = 0;
  #dropped = 0;
  #idle = false;
  #stopped = false;

  constructor(calls: VideoTrackCalls) {
    this.#calls = calls;
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
    this.#waiting.push({ packet, config, pushedMs: wallClockMs() });
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
    if (this.#decoder?.state === 'configured') this.#decoder.flush().catch(() => undefined);
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
      if (next.config && !this.#useConfig(next.config)) return;
      const decoder = this.#decoder;
      if (decoder && decoder.decodeQueueSize >= mediaLimits.decoderQueueMax) return;
      this.#waiting.shift();
      this.#waitingBytes -= next.packet.bytes.length;
      if (!decoder) this.#dropped++;
      else this.#decode(decoder, next, wallClockMs() - next.pushedMs);
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
    this.#closeDecoder();
  }

  #decode(decoder: VideoDecoder, waiting: Waiting, waitedMs: number): void {
    const { packet, config } = waiting;
    const quarterTurns = this.#config?.quarterTurns ?? 0;
    this.#decoding.set(packet.ptsUs, { ...waiting, quarterTurns, waitedMs });
    if (this.#decoding.size > mediaLimits.packetTimesMax) {
      for (const oldest of this.#decoding.keys()) {
        this.#decoding.delete(oldest);
        break;
      }
    }
    try {
      decoder.decode(
        new EncodedVideoChunk({
          type: config ? 'key' : 'delta',
          timestamp: packet.ptsUs,
          duration: packet.durationUs,
          data: packet.bytes,
        }),
      );
    } catch {
      this.#failed(decoder);
    }
  }

  /** True if the decoder is set up for this config; else the pump stops here or, unsupported, drops until another config. */
  #useConfig(config: VideoConfig): boolean {
    if (this.#decoder && this.#config && sameVideo(this.#config, config)) return true;
    if (!this.#probed || !sameVideo(this.#probed.config, config)) {
      this.#probe(config);
      return false;
    }
    if (this.#probed.supported === undefined) return false;
    this.#closeDecoder();
    if (this.#probed.supported) this.#open(config);
    return true;
  }

  #probe(config: VideoConfig): void {
    const probed: { config: VideoConfig; supported: boolean | undefined } = { config, supported: undefined };
    this.#probed = probed;
    isSupported(config).then((supported) => {
      probed.supported = supported;
      if (this.#stopped || this.#probed !== probed) return;
      if (supported) this.#calls.onPlayable();
      else {
        this.#calls.onTrouble({
          reason: 'video-codec-unsupported',
          message: `This browser cannot play the video of this stream (${config.codec}). Try another browser.`,
        });
      }
      this.pump();
    });
  }

  #open(config: VideoConfig): void {
    const decoder = new VideoDecoder({
      output: (frame) => {
        // Pictures of a decoder that was given up are of no use.
        if (this.#decoder === decoder) this.#decoded(frame);
        else frame.close();
      },
      error: () => this.#failed(decoder),
    });
    this.#decoder = decoder;
    this.#config = config;
    try {
      decoder.configure(videoDecoderConfig(config));
    } catch {
      this.#failed(decoder);
    }
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
      readyMs: wallClockMs() - waitedMs,
      close: () => frame.close(),
    });
    this.pump();
  }

  #failed(decoder: VideoDecoder): void {
    if (this.#stopped || this.#decoder !== decoder) return;
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
    const decoder = this.#decoder;
    this.#decoder = undefined;
    this.#decoding.clear();
    if (decoder && decoder.state !== 'closed') decoder.close();
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

/** Never rejects: a codec string that a browser refuses to parse is not supported. */
async function isSupported(config: VideoConfig): Promise<boolean> {
  try {
    return (await VideoDecoder.isConfigSupported(videoDecoderConfig(config))).supported === true;
  } catch {
    return false;
  }
}
