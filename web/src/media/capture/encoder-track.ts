/**
 * One track of live encoding through mediabunny. Each track has an output of its own, which writes to nowhere: a shared one
 * would hold back a track's packets until the other has delivered, without end if a sound device never starts. Both
 * count time from 1970, so they still agree.
 */
import {
  type AudioSource,
  MkvOutputFormat,
  NullTarget,
  Output,
  Quality,
  type VideoEncodingConfig,
  type VideoSource,
} from 'mediabunny';

/** A picture and its sound every second to start from: a viewer waits no longer than that. */
const KEY_FRAME_EVERY_SECONDS = 1;
export const AUDIO_BITS_PER_SECOND = 64_000;

/** mediabunny remembers an entry for each cluster; long ones keep a stream of many hours small. */
const CLUSTER_SECONDS = 30;

function newOutput(): Output {
  return new Output({
    format: new MkvOutputFormat({ appendOnly: true, minimumClusterDuration: CLUSTER_SECONDS }),
    target: new NullTarget(),
  });
}

/** One track that is being encoded. */
export interface EncoderTrack {
  /** Gives out what the encoder still holds, then frees it. Never rejects. */
  finish(): Promise<void>;
  /** Frees it at once. */
  stop(): void;
}

/** Starts to encode. A source that fails reports it through its own `errorPromise` or `add`. */
export async function startVideoTrack(source: VideoSource): Promise<EncoderTrack> {
  const output = newOutput();
  output.addVideoTrack(source);
  return start(output);
}

export async function startAudioTrack(source: AudioSource): Promise<EncoderTrack> {
  const output = newOutput();
  output.addAudioTrack(source);
  return start(output);
}

async function start(output: Output): Promise<EncoderTrack> {
  await output.start();
  return {
    finish: () => output.finalize().catch(() => undefined),
    stop: () => void output.cancel().catch(() => undefined),
  };
}

/** How live pictures are encoded: VP8, the one codec that every browser encodes without delay. */
export function liveVideoEncoding(bitsPerSecond: number): VideoEncodingConfig {
  return {
    codec: 'vp8',
    quality: new Quality({ bitrate: bitsPerSecond }),
    keyFrameInterval: KEY_FRAME_EVERY_SECONDS,
    latencyMode: 'realtime',
    // A camera that turns or a window that grows is fitted into the first picture's size.
    sizeChangeBehavior: 'contain',
  };
}

export const liveAudioEncoding = {
  codec: 'opus',
  quality: new Quality({ bitrate: AUDIO_BITS_PER_SECOND }),
} as const;
