/**
 * Carries what a live encoder delivers into the muxer: times become microseconds since the stream began, and the capture
 * time of the wall clock goes along.
 */

import { toAudioConfig, toVideoConfig } from '@murmuration/shared/media/decoder-config.ts';
import type { MediaMuxer } from '@murmuration/shared/media/media-muxer.ts';
import type { EncodedPacket } from 'mediabunny';
import { wallClockMs } from '../wall-clock.ts';

export class LivePackets {
  readonly #muxer: MediaMuxer;
  readonly #originMs: number;
  readonly #soundOffsetMs: number;

  /**
   * @param originMs the wall clock when the stream began; packets are stamped in seconds since 1970.
   * @param soundClock whose seconds those of sound are: mediabunny stamps a microphone's with Date.now, which a correction of the
   *   system's clock sets apart from the page's (wall-clock.ts).
   */
  constructor(muxer: MediaMuxer, originMs: number, soundClock: 'wall-clock' | 'date') {
    this.#muxer = muxer;
    this.#originMs = originMs;
    this.#soundOffsetMs = soundClock === 'date' ? wallClockMs() - Date.now() : 0;
  }

  readonly onVideo = (packet: EncodedPacket, meta: EncodedVideoChunkMetadata | undefined): void => {
    const config = meta?.decoderConfig && toVideoConfig(meta.decoderConfig);
    if (config) this.#muxer.setVideo(config);
    const capturedAtMs = packet.timestamp * 1_000;
    this.#muxer.video(
      {
        ptsUs: this.#ptsUs(capturedAtMs),
        durationUs: Math.round(packet.duration * 1e6),
        leadUs: 0,
        capturedAtMs: Math.round(capturedAtMs),
        bytes: packet.data,
      },
      packet.type === 'key',
    );
  };

  readonly onAudio = (packet: EncodedPacket, meta: EncodedAudioChunkMetadata | undefined): void => {
    if (meta?.decoderConfig) this.#muxer.setAudio(toAudioConfig(meta.decoderConfig));
    const durationUs = Math.round(packet.duration * 1e6);
    const ptsUs = this.#ptsUs(packet.timestamp * 1_000 + this.#soundOffsetMs);
    if (durationUs > 0) this.#muxer.audio({ ptsUs, durationUs, bytes: packet.data });
  };

  #ptsUs(wallMs: number): number {
    return Math.max(0, Math.round((wallMs - this.#originMs) * 1_000));
  }
}
