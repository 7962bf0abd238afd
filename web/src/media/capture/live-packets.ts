/**
 * Carries what a live encoder delivers into the muxer: times become microseconds since the source began, and the capture
 * time of the wall clock goes along.
 */

import { toAudioConfig, toVideoConfig } from '@murmuration/shared/media/decoder-config.ts';
import type { MediaMuxer } from '@murmuration/shared/media/media-muxer.ts';
import type { EncodedPacket } from 'mediabunny';

export class LivePackets {
  readonly #muxer: MediaMuxer;
  readonly #originMs: number;
  readonly #clockOffsetMs: number;

  /**
   * @param originMs the wall clock when the source began; packets are stamped in seconds since 1970.
   * @param clockOffsetMs what to add to the packets' clock to get the wall clock (see wall-clock.ts).
   */
  constructor(muxer: MediaMuxer, originMs: number, clockOffsetMs: number) {
    this.#muxer = muxer;
    this.#originMs = originMs;
    this.#clockOffsetMs = clockOffsetMs;
  }

  readonly onVideo = (packet: EncodedPacket, meta: EncodedVideoChunkMetadata | undefined): void => {
    const config = meta?.decoderConfig && toVideoConfig(meta.decoderConfig);
    if (config) this.#muxer.setVideo(config);
    const capturedAtMs = packet.timestamp * 1_000 + this.#clockOffsetMs;
    this.#muxer.video(
      {
        ptsUs: this.#ptsUs(packet),
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
    if (durationUs > 0) this.#muxer.audio({ ptsUs: this.#ptsUs(packet), durationUs, bytes: packet.data });
  };

  #ptsUs(packet: EncodedPacket): number {
    const wallMs = packet.timestamp * 1_000 + this.#clockOffsetMs;
    return Math.max(0, Math.round((wallMs - this.#originMs) * 1_000));
  }
}
