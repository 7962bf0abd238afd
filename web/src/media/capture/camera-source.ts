/**
 * Camera and microphone as a live source, or the microphone alone. Beside a camera, a missing or refused microphone is no
 * obstacle, but told.
 */
import { usualBitsPerSecond } from './bitrate-ladder.ts';
import {
  type CameraChoice,
  type LiveSource,
  NO_MICROPHONE,
  SourceError,
  type SourceOptions,
} from './live-source.ts';
import { cameraConstraints, StreamSource } from './stream-source.ts';

/** Asks for camera and, unless that is unwanted, microphone. Throws SourceError. */
export async function openCamera(choice: CameraChoice, options: SourceOptions = {}): Promise<LiveSource> {
  const devices = mediaDevices('camera');
  const bitsPerSecond = options.bitsPerSecond ?? usualBitsPerSecond(navigator.hardwareConcurrency);
  const video = { ...cameraConstraints(bitsPerSecond), ...preferring(choice.camera) };
  const silent = choice.microphone === NO_MICROPHONE;
  const sound = silent ? undefined : { audio: preferring(choice.microphone) };
  let withoutSound: unknown;
  const stream = await devices
    .getUserMedia({ video, ...sound })
    .catch((cause: unknown) => {
      if (silent) throw cause;
      // Whatever is wrong may be wrong with the microphone alone.
      withoutSound = cause;
      return devices.getUserMedia({ video });
    })
    .catch((cause: unknown) => {
      throw explain(cause, 'camera');
    });
  const [track] = stream.getVideoTracks();
  const soundWords = stream.getAudioTracks().length > 0 ? 'with sound' : 'without sound';
  return new StreamSource(stream, {
    bitsPerSecond,
    still: false,
    label: 'Your camera',
    description: `${track?.label || 'Camera'}, ${soundWords}`,
    ...(withoutSound === undefined
      ? {}
      : { note: `Without sound: ${explain(withoutSound, 'microphone').message}` }),
    whenGone: () =>
      new SourceError(
        'camera-gone',
        'The camera was unplugged, or its permission was withdrawn. Plug it in again and choose it, or choose another source.',
      ),
  });
}

/** Asks for the microphone alone. Throws SourceError. */
export async function openMicrophone(microphone: string | undefined): Promise<LiveSource> {
  const stream = await mediaDevices('microphone')
    .getUserMedia({ audio: preferring(microphone) })
    .catch((cause: unknown) => {
      throw explain(cause, 'microphone');
    });
  const [track] = stream.getAudioTracks();
  return new StreamSource(stream, {
    // Sound has one rate, and the card in place of the picture another.
    bitsPerSecond: 0,
    still: true,
    label: 'Sound only',
    description: `${track?.label || 'Microphone'}, sound only`,
    whenGone: () =>
      new SourceError(
        'microphone-gone',
        'The microphone was unplugged, or its permission was withdrawn. Plug it in again and choose it, or choose another source.',
      ),
  });
}

type Device = 'camera' | 'microphone';

function mediaDevices(device: Device): MediaDevices {
  // An insecure page has no such door at all, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices) return devices;
  throw new SourceError(
    'insecure-page',
    `Browsers give the ${device} only to pages served over https or from localhost. Open this page that way.`,
  );
}

/** One that is gone since it was chosen is no reason to fail. */
const preferring = (deviceId: string | undefined): MediaTrackConstraints =>
  deviceId === undefined ? {} : { deviceId: { ideal: deviceId } };

/** @param cause what getUserMedia threw */
function explain(cause: unknown, device: Device): SourceError {
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') {
    return new SourceError(
      `${device}-refused`,
      `The ${device} was refused. Allow it for this page (in the address bar, and in the settings of the system), then try again.`,
      cause,
    );
  }
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return new SourceError(
      `${device}-missing`,
      `No ${device} was found. Plug one in and try again, or choose another source.`,
      cause,
    );
  }
  return new SourceError(
    `${device}-busy`,
    `The ${device} could not be started; another program may be using it. Close that one, then try again.`,
    cause,
  );
}
