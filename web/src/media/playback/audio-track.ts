/**
 * Encoded sound in, sound out, on the same clock as the picture. The clock is never the sound card's: a page may have none,
 * or one that starts only after a gesture. Small drift between the two is taken up by playing a little faster or slower,
 * larger by a jump.
 *
 * Sound is bundled by the host and passes a buffer of the sound card, so it comes later than the picture. It may trail by up to
 * `TRAIL_MAX_MS`; ITU-R BT.1359 puts the point where late sound is noticed at 125 ms. Only what goes beyond that makes
 * the common delay grow. Nothing is decoded while muted.
 */
import { mediaLimits } from '@murmuration/shared/media/media-limits.ts';
import type { AudioConfig, AudioPacket } from '@murmuration/shared/media/media-message.ts';
import { audioDecoderConfig, sameAudio } from './decoder-configs.ts';
import type { Trouble } from './trouble.ts';

const TRAIL_MAX_MS = 80;
/** How fast a trail that is no longer needed shrinks, in ms per second: slower than the ear notices. */
const TRAIL_SHRINK_MS_PER_SECOND = 3;
/** Scheduled at least so far ahead. */
const LEAD_MS = 5;
/** Drift that is left alone, that is taken up by speed, and that is jumped, in ms. */
const DRIFT_IGNORED_MS = 10;
const DRIFT_JUMPED_MS = 60;
/** Weight of the newest drift: the sound card's clock reads in steps of some ms. */
const DRIFT_SMOOTHING = 0.1;
const SPEED_CHANGE = 0.006;
/** Packets further apart have a gap between them. Decoders count on from the packet before, so a new one takes over. */
const SEAM_US = 20_000;
/** Sound scheduled so far back means that it still runs. */
const RUNNING_WITHIN_MS = 1_000;

export interface AudioTrackCalls {
  /** When this is due, in ms of performance.now; undefined before the clock runs. */
  dueMs(ptsUs: number): number | undefined;
  /** Sound could not be played before `readyMs`, with all the trailing that is allowed. */
  onLate(readyMs: number, ptsUs: number): void;
  onTrouble(trouble: Trouble): void;
}

export class AudioTrack {
  readonly #calls: AudioTrackCalls;
  #config: AudioConfig | undefined;
  #supported = false;
  #decoder: AudioDecoder | undefined;
  #context: AudioContext | undefined;
  #gain: GainNode | undefined;
  #muted = true;
  #volume = 1;
  #stopped = false;
  /** Where the sound scheduled so far ends, in seconds of the context; undefined to begin anew. */
  #endsAt: number | undefined;
  /** The presentation time of the packet that would follow without a gap. */
  #expectedUs: number | undefined;
  #driftMs = 0;
  #trailMs = 0;
  #scheduled = 0;
  #scheduledAtMs = Number.NEGATIVE_INFINITY;
  #decoded = 0;

  constructor(calls: AudioTrackCalls) {
    this.#calls = calls;
  }

  get hasConfig(): boolean {
    return this.#config !== undefined;
  }

  /** Packets decoded so far. */
  get decoded(): number {
    return this.#decoded;
  }

  /** Sound is being played right now. */
  get running(): boolean {
    return (
      !this.#muted &&
      this.#context?.state === 'running' &&
      performance.now() - this.#scheduledAtMs < RUNNING_WITHIN_MS
    );
  }

  configure(config: AudioConfig): void {
    if (this.#config && sameAudio(this.#config, config)) return;
    this.#config = config;
    this.#supported = false;
    this.#closeDecoder();
    this.#probe(config);
  }

  push(ptsUs: number, packets: readonly AudioPacket[]): void {
    if (this.#muted || !this.#supported || this.#context?.state !== 'running') return;
    if (Math.abs(ptsUs - (this.#expectedUs ?? ptsUs)) > SEAM_US) this.#closeDecoder();
    const decoder = this.#decoder ?? this.#open();
    if (!decoder || decoder.decodeQueueSize > mediaLimits.scheduledSoundsMax) return;
    let timestamp = ptsUs;
    try {
      for (const { durationUs, bytes } of packets) {
        decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp, duration: durationUs, data: bytes }));
        timestamp += durationUs;
      }
      this.#expectedUs = timestamp;
    } catch {
      this.#closeDecoder();
    }
  }

  /** Unmute within a user gesture: browsers let sound begin only there. */
  setMuted(muted: boolean): void {
    this.#muted = muted;
    if (this.#stopped) return;
    if (muted) {
      this.#closeDecoder();
      this.#context?.suspend().catch(() => undefined);
      return;
    }
    this.#context ??= this.#openContext();
    this.#endsAt = undefined;
    this.#context?.resume().catch(() => undefined);
  }

  /** @param volume 0 to 1. */
  setVolume(volume: number): void {
    this.#volume = Math.min(1, Math.max(0, volume));
    if (this.#gain) this.#gain.gain.value = this.#volume;
  }

  stop(): void {
    this.#stopped = true;
    this.#muted = true;
    this.#closeDecoder();
    this.#context?.close().catch(() => undefined);
    this.#context = undefined;
  }

  async #probe(config: AudioConfig): Promise<void> {
    let supported = false;
    try {
      supported = (await AudioDecoder.isConfigSupported(audioDecoderConfig(config))).supported === true;
    } catch {
      // No AudioDecoder here, or a codec string that it cannot parse.
    }
    if (this.#stopped || this.#config !== config) return;
    this.#supported = supported;
    if (supported) return;
    this.#calls.onTrouble({
      reason: 'audio-codec-unsupported',
      message: `This browser cannot play the sound of this stream (${config.codec}). The picture goes on without it.`,
    });
  }

  #open(): AudioDecoder | undefined {
    const config = this.#config;
    if (!config) return undefined;
    const decoder = new AudioDecoder({
      output: (data) => {
        if (this.#decoder === decoder) this.#play(data);
        data.close();
      },
      error: () => {
        if (this.#decoder === decoder) this.#closeDecoder();
      },
    });
    this.#decoder = decoder;
    try {
      decoder.configure(audioDecoderConfig(config));
    } catch {
      this.#closeDecoder();
      this.#supported = false;
    }
    return this.#decoder;
  }

  #openContext(): AudioContext | undefined {
    if (!('AudioContext' in globalThis)) return undefined;
    const context = newContext(this.#config?.sampleRate);
    this.#gain = new GainNode(context, { gain: this.#volume });
    this.#gain.connect(context.destination);
    return context;
  }

  #play(data: AudioData): void {
    this.#decoded++;
    const context = this.#context;
    if (!context || !this.#gain || context.state !== 'running' || this.#muted) return;
    if (this.#scheduled >= mediaLimits.scheduledSoundsMax) return;
    const at = this.#place(context, data.timestamp, data.duration / 1e6);
    if (!at) return;
    const buffer = context.createBuffer(data.numberOfChannels, data.numberOfFrames, data.sampleRate);
    for (let channel = 0; channel < data.numberOfChannels; channel++)
      data.copyTo(buffer.getChannelData(channel), { planeIndex: channel, format: 'f32-planar' });
    const node = new AudioBufferSourceNode(context, { buffer, playbackRate: at.speed });
    node.connect(this.#gain);
    node.onended = () => {
      this.#scheduled--;
    };
    node.start(at.seconds);
    this.#scheduled++;
    this.#scheduledAtMs = performance.now();
  }

  /** Where on the context's clock this sound goes, and how fast it plays; undefined if its time is over. */
  #place(
    context: AudioContext,
    ptsUs: number,
    durationSeconds: number,
  ): { seconds: number; speed: number } | undefined {
    const dueMs = this.#calls.dueMs(ptsUs);
    if (dueMs === undefined) return undefined;
    const nowMs = performance.now();
    const soonestMs = nowMs + LEAD_MS + (context.outputLatency || 0) * 1_000;
    const lateMs = soonestMs - dueMs;
    if (lateMs > TRAIL_MAX_MS) this.#calls.onLate(soonestMs - TRAIL_MAX_MS, ptsUs);
    const shrunkMs = this.#trailMs - TRAIL_SHRINK_MS_PER_SECOND * durationSeconds;
    this.#trailMs = Math.min(TRAIL_MAX_MS, Math.max(0, shrunkMs, lateMs));
    if (lateMs > this.#trailMs) return undefined;

    const target = context.currentTime + (dueMs + this.#trailMs - soonestMs + LEAD_MS) / 1_000;
    if (this.#endsAt === undefined) this.#driftMs = 0;
    else this.#driftMs += DRIFT_SMOOTHING * ((target - this.#endsAt) * 1_000 - this.#driftMs);
    const broken = this.#endsAt === undefined || this.#endsAt < context.currentTime;
    if (broken || Math.abs(this.#driftMs) > DRIFT_JUMPED_MS) {
      this.#endsAt = Math.max(target, context.currentTime);
      this.#driftMs = 0;
    }
    const seconds = this.#endsAt ?? target;
    const drifts = Math.abs(this.#driftMs) > DRIFT_IGNORED_MS;
    const speed = drifts ? 1 - Math.sign(this.#driftMs) * SPEED_CHANGE : 1;
    this.#endsAt = seconds + durationSeconds / speed;
    return { seconds, speed };
  }

  #closeDecoder(): void {
    const decoder = this.#decoder;
    this.#decoder = undefined;
    this.#endsAt = undefined;
    this.#expectedUs = undefined;
    if (decoder && decoder.state !== 'closed') decoder.close();
  }
}

/** At the stream's own rate if the browser can: then neighbouring sounds meet without resampling each. */
function newContext(sampleRate: number | undefined): AudioContext {
  try {
    return new AudioContext({ latencyHint: 'interactive', ...(sampleRate ? { sampleRate } : {}) });
  } catch {
    return new AudioContext({ latencyHint: 'interactive' });
  }
}
