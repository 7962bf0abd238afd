/**
 * A stream that an application made, as a live source: what it paints on a canvas, mixes in an AudioContext, or has of a camera
 * already. It stays the application's: its tracks are read and otherwise left alone.
 */
import { usualBitsPerSecond } from './bitrate-ladder.ts';
import { type LiveSource, SourceError, type SourceOptions } from './live-source.ts';
import { StreamSource } from './stream-source.ts';

/** Takes the first picture track and the first sound track that have not ended. Throws SourceError if there is neither. */
export function openGivenStream(stream: MediaStream, options: SourceOptions = {}): LiveSource {
  const [video] = stream.getVideoTracks().filter(isLive);
  const [audio] = stream.getAudioTracks().filter(isLive);
  const tracks = [video, audio].filter((track) => track !== undefined);
  if (tracks.length === 0) throw nothingIn(stream);
  const words = video
    ? `A stream of this page, with${audio ? '' : 'out'} sound`
    : 'A stream of this page, sound only';
  return new StreamSource(new MediaStream(tracks), {
    bitsPerSecond: options.bitsPerSecond ?? usualBitsPerSecond(navigator.hardwareConcurrency),
    // A canvas that nobody paints on gives no pictures.
    still: true,
    borrowed: true,
    label: 'What goes out',
    description: words,
    whenGone: () =>
      new SourceError(
        'stream-ended',
        'What was shown has ended: its track was stopped. Show something else, or end the stream.',
      ),
  });
}

const isLive = ({ readyState }: MediaStreamTrack): boolean => readyState === 'live';

function nothingIn(stream: MediaStream): SourceError {
  return stream.getTracks().length === 0
    ? new SourceError(
        'stream-empty',
        'This MediaStream has neither picture nor sound. Add a track to it first, such as one of canvas.captureStream().',
      )
    : new SourceError(
        'stream-ended',
        'All tracks of this MediaStream have ended. Make a new one, and show that.',
      );
}
