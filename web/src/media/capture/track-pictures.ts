/**
 * The pictures of a camera's or screen's track, one by one. Where the browser gives no access to single pictures (Firefox), an
 * element that plays the track is looked at 30 times a second.
 */
import { VideoSample } from 'mediabunny';
import { wallClockMs } from '../wall-clock.ts';
import type { PictureFeed } from './picture-feed.ts';
import { PictureStamps } from './picture-stamps.ts';
import { startTicker } from './ticker.ts';

export const FRAMES_PER_SECOND = 30;
const TICK_MS = 5;

/** Not yet in TypeScript's own types. https://w3c.github.io/mediacapture-transform/ */
interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
type TrackProcessorConstructor = new (init: { track: MediaStreamTrack }) => TrackProcessor;

/** @param repeat sends the last picture again while nothing changes, as on a screen: else new viewers would wait for the next change. */
export function trackPictures(track: MediaStreamTrack, { repeat }: { repeat: boolean }): PictureFeed {
  return (onPicture, onError) => {
    const stamps = new PictureStamps(FRAMES_PER_SECOND);
    let last: VideoFrame | undefined;
    let stopped = false;
    const send = (frame: VideoFrame, stampMs: number): void =>
      onPicture(new VideoSample(frame, { timestamp: stampMs / 1_000, duration: 1 / FRAMES_PER_SECOND }));
    const stopReading = readFrames(
      track,
      (frame) => {
        if (stopped) return frame.close();
        last?.close();
        last = repeat ? frame.clone() : undefined;
        send(frame, stamps.taken(wallClockMs(), frame.timestamp / 1_000));
      },
      (cause) => {
        if (!stopped) onError(cause);
      },
    );
    const stopTicker = repeat
      ? startTicker(TICK_MS, () => {
          const stampMs = last && stamps.again(wallClockMs());
          if (last && stampMs !== undefined) send(last.clone(), stampMs);
        })
      : undefined;
    return () => {
      stopped = true;
      stopTicker?.();
      stopReading();
      last?.close();
    };
  };
}

function readFrames(
  track: MediaStreamTrack,
  onFrame: (frame: VideoFrame) => void,
  onError: (cause: unknown) => void,
): () => void {
  const { MediaStreamTrackProcessor } = globalThis as {
    MediaStreamTrackProcessor?: TrackProcessorConstructor;
  };
  if (!MediaStreamTrackProcessor) return lookAtFrames(track, onFrame, onError);
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  const read = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) onFrame(next.value);
  };
  read().catch(onError);
  return () => void reader.cancel().catch(() => undefined);
}

function lookAtFrames(
  track: MediaStreamTrack,
  onFrame: (frame: VideoFrame) => void,
  onError: (cause: unknown) => void,
): () => void {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  video.play().catch(onError);
  let nextMs = 0;
  const stopTicker = startTicker(TICK_MS, () => {
    const nowMs = wallClockMs();
    if (nowMs < nextMs || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    nextMs = Math.max(nextMs + 1_000 / FRAMES_PER_SECOND, nowMs);
    try {
      onFrame(new VideoFrame(video, { timestamp: nowMs * 1_000 }));
    } catch (cause) {
      onError(cause);
    }
  });
  return () => {
    stopTicker();
    video.srcObject = null;
  };
}
