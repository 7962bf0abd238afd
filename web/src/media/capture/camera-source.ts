/**
 * Camera and microphone as a live source. A missing or refused microphone is no obstacle; a missing camera is.
 */

import { MediaMuxer, type OnMessage } from '@murmuration/shared/media/media-muxer.ts';
import { MediaStreamAudioTrackSource, MediaStreamVideoTrackSource } from 'mediabunny';
import { wallClockMs } from '../wall-clock.ts';
import {
  AUDIO_BITS_PER_SECOND,
  liveAudioEncoding,
  liveVideoEncoding,
  startAudioTrack,
  startVideoTrack,
} from './encoder-track.ts';
import { LivePackets } from './live-packets.ts';
import {
  type LiveSource,
  type OnEnded,
  SourceError,
  type SourceInfo,
  type SourceOptions,
  type SourceStats,
} from './live-source.ts';

const FRAMES_PER_SECOND = 30;

/**
 * What is asked of the camera. VP8 at 720p runs on several threads that wait for each other: on a busy machine of two cores it
 * was seen to take 70 ms a picture, and 685 at worst, where 360p took 1 and 6.
 */
const CORES_FOR_720P = 4;
const LARGE = { width: 1_280, height: 720, bitsPerSecond: 2_000_000 } as const;
const SMALL = { width: 640, height: 360, bitsPerSecond: 1_000_000 } as const;
const usual = () => (navigator.hardwareConcurrency >= CORES_FOR_720P ? LARGE : SMALL);

/** Asks for camera and microphone. Throws SourceError. */
export async function openCamera(options: SourceOptions = {}): Promise<CameraSource> {
  // An insecure page has no such door at all, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) {
    throw new SourceError(
      'insecure-page',
      'Browsers give the camera only to pages served over https or from localhost. Open this page that way.',
    );
  }
  const video: MediaTrackConstraints = {
    width: { ideal: options.width ?? usual().width, max: 1_920 },
    height: { ideal: options.height ?? usual().height, max: 1_080 },
    frameRate: { ideal: FRAMES_PER_SECOND, max: FRAMES_PER_SECOND },
  };
  try {
    return new CameraSource(await getStream(devices, video), options);
  } catch (cause) {
    throw cause instanceof SourceError ? cause : explain(cause);
  }
}

async function getStream(devices: MediaDevices, video: MediaTrackConstraints): Promise<MediaStream> {
  try {
    return await devices.getUserMedia({ video, audio: true });
  } catch {
    // Whatever is wrong may be wrong with the microphone alone.
    return await devices.getUserMedia({ video });
  }
}

function explain(cause: unknown): SourceError {
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') {
    return new SourceError(
      'camera-refused',
      'The camera was refused. Allow it for this page in the address bar, then try again.',
      cause,
    );
  }
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return new SourceError(
      'camera-missing',
      'No camera was found. Plug one in, or choose a file or the test pattern.',
      cause,
    );
  }
  return new SourceError(
    'camera-busy',
    'The camera could not be started; another program may be using it. Close that one, then try again.',
    cause,
  );
}

class CameraSource implements LiveSource {
  readonly preview: HTMLVideoElement;
  readonly info: SourceInfo;
  readonly #stream: MediaStream;
  readonly #video: MediaStreamVideoTrack;
  readonly #audio: MediaStreamAudioTrack | undefined;
  readonly #videoBitsPerSecond: number;
  #muxer: MediaMuxer | undefined;
  #stops: (() => void)[] = [];
  #stopped = false;

  constructor(stream: MediaStream, options: SourceOptions) {
    const [video] = stream.getVideoTracks();
    if (!video) throw new SourceError('camera-missing', 'The camera gave no picture. Try another one.');
    const [audio] = stream.getAudioTracks();
    this.#stream = stream;
    this.#video = video as MediaStreamVideoTrack;
    this.#audio = audio as MediaStreamAudioTrack | undefined;
    this.#videoBitsPerSecond = options.videoBitsPerSecond ?? usual().bitsPerSecond;
    this.preview = document.createElement('video');
    this.preview.muted = true;
    this.preview.autoplay = true;
    this.preview.playsInline = true;
    this.preview.setAttribute('aria-label', 'Your camera');
    this.preview.srcObject = stream;
    const { width = 0, height = 0 } = video.getSettings();
    const sound = audio ? 'with sound' : 'without sound, as no microphone was available';
    this.info = {
      width,
      height,
      videoCodec: 'vp8',
      ...(audio ? { audioCodec: 'opus' } : {}),
      bitsPerSecond: this.#videoBitsPerSecond + (audio ? AUDIO_BITS_PER_SECOND : 0),
      description: `${video.label || 'Camera'}, ${width} × ${height}, ${sound}`,
    };
  }

  start(onMessage: OnMessage, onEnded: OnEnded): void {
    const end = (error: SourceError): void => {
      if (this.#stopped) return;
      this.stop();
      onEnded(error);
    };
    this.#video.addEventListener('ended', () =>
      end(new SourceError('camera-gone', 'The camera was unplugged or its permission withdrawn.')),
    );
    this.#run(onMessage).catch((cause: unknown) =>
      end(
        new SourceError(
          'encoder-failed',
          'This browser could not encode the camera. Try another browser.',
          cause,
        ),
      ),
    );
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops.splice(0)) stop();
    for (const track of this.#stream.getTracks()) track.stop();
    this.preview.srcObject = null;
  }

  stats(): SourceStats {
    const { videoFrames = 0, audioPackets = 0, bytes = 0, keyFrames = 0 } = this.#muxer?.stats() ?? {};
    return { videoFrames, audioPackets, bytes, keyFrames, dropped: 0 };
  }

  /** Ends only with an error. */
  async #run(onMessage: OnMessage): Promise<never> {
    this.#muxer = new MediaMuxer(true, (message, key) => {
      if (!this.#stopped) onMessage(message, key);
    });
    const originMs = wallClockMs();
    // mediabunny stamps with Date.now, which a correction of the system's clock sets apart from the page's.
    const packets = new LivePackets(this.#muxer, originMs, originMs - Date.now());
    const video = new MediaStreamVideoTrackSource(
      this.#video,
      { ...liveVideoEncoding(this.#videoBitsPerSecond), onEncodedPacket: packets.onVideo },
      // Where frames cannot be taken from the track one by one, they are sampled; otherwise sampling only adds delay.
      {
        timestampBase: 'unix',
        frameRate: 'MediaStreamTrackProcessor' in globalThis ? null : FRAMES_PER_SECOND,
      },
    );
    const failures = [video.errorPromise];
    const starting = [startVideoTrack(video)];
    if (this.#audio) {
      const audio = new MediaStreamAudioTrackSource(
        this.#audio,
        { ...liveAudioEncoding, onEncodedPacket: packets.onAudio },
        { timestampBase: 'unix' },
      );
      // Sound that fails leaves the picture alone.
      audio.errorPromise.catch(() => undefined);
      starting.push(startAudioTrack(audio));
    }
    for (const started of starting) {
      const stop = await started;
      if (this.#stopped) stop();
      else this.#stops.push(stop);
    }
    return (await Promise.race(failures)) as never;
  }
}
