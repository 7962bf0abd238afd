/** A screen, a window or a tab as a live source, with its sound where the browser offers that. The browser asks which one. */
import { usualBitsPerSecond } from './bitrate-ladder.ts';
import { type LiveSource, SourceError, type SourceOptions } from './live-source.ts';
import { StreamSource } from './stream-source.ts';
import { FRAMES_PER_SECOND } from './track-pictures.ts';

/** What Chromium understands beyond the standard types: the tab may be changed while it is shared, and sound be shared with it. */
const wishes = { surfaceSwitching: 'include', systemAudio: 'include' };

/** Throws SourceError. */
export async function openScreen(options: SourceOptions = {}): Promise<LiveSource> {
  const devices = navigator.mediaDevices as Partial<MediaDevices> | undefined;
  if (!devices?.getDisplayMedia) {
    throw window.isSecureContext
      ? new SourceError(
          'screen-unsupported',
          'This browser cannot share the screen; those of phones and tablets usually cannot. Use one on a computer, or choose another source.',
        )
      : new SourceError(
          'insecure-page',
          'Browsers share the screen only on pages served over https or from localhost. Open this page that way.',
        );
  }
  const stream = await devices
    .getDisplayMedia({
      video: {
        width: { max: 1_920 },
        height: { max: 1_080 },
        frameRate: { ideal: FRAMES_PER_SECOND, max: FRAMES_PER_SECOND },
      },
      // As it is: this is no voice to be freed from noise and echo.
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      ...wishes,
    })
    .catch((cause: unknown) => {
      throw explain(cause);
    });
  const [track] = stream.getVideoTracks();
  const surface = surfaceNames[track?.getSettings().displaySurface ?? ''] ?? 'Screen';
  const sound = stream.getAudioTracks().length > 0 ? 'with sound' : 'without sound';
  return new StreamSource(stream, {
    bitsPerSecond: options.bitsPerSecond ?? usualBitsPerSecond(navigator.hardwareConcurrency),
    still: true,
    label: 'What you share',
    description: `${surface}, ${sound}`,
    whenGone: () =>
      new SourceError(
        'screen-stopped',
        'You stopped sharing, or the window was closed. Choose “Screen” again to share something else, or choose another source.',
      ),
  });
}

const surfaceNames: Readonly<Record<string, string>> = {
  monitor: 'Screen',
  window: 'Window',
  browser: 'Tab',
};

function explain(cause: unknown): SourceError {
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'NotAllowedError' || name === 'AbortError' || name === 'InvalidStateError') {
    return new SourceError(
      'screen-refused',
      'Nothing was shared. Choose “Screen” again and pick a screen, window or tab. If the browser does not ask, allow it to record the screen in the settings of the system.',
      cause,
    );
  }
  return new SourceError(
    'screen-failed',
    'The screen could not be shared. Try another window or screen, or choose another source.',
    cause,
  );
}
