/** Tells when a track has ended. Browsers say so when a device or a sharing goes away, but not when the page itself stops the track. */
const LOOK_EVERY_MS = 250;

/** Calls back once; returns how to stop listening. */
export function onTrackEnded(track: MediaStreamTrack, tell: () => void): () => void {
  const look = (): void => {
    if (track.readyState !== 'ended') return;
    stop();
    tell();
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  const stop = (): void => {
    clearInterval(timer);
    track.removeEventListener('ended', look);
  };
  track.addEventListener('ended', look);
  return stop;
}
