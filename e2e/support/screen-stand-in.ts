// A screen that stands still, in place of what the browser would capture: it gives one picture and then none, and is taken back
// like one whose sharing was stopped in the browser's own bar, which no test can press.

import type { Page } from 'playwright';

declare global {
  var endScreen: (() => void) | undefined;
}

/** Call before the page is opened. */
export async function addStillScreen(page: Page, width: number, height: number): Promise<void> {
  await page.addInitScript(installStillScreen, { width, height });
}

export async function stopSharing(page: Page): Promise<void> {
  await page.evaluate(() => globalThis.endScreen?.());
}

/** Chromium's own, which TypeScript does not know: a track made of the frames that are written to it. */
type TrackGenerator = MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> };
type TrackGeneratorConstructor = new (init: { kind: 'video' }) => TrackGenerator;

/** Refers to nothing outside itself: its text is sent into pages. */
function installStillScreen({ width, height }: { width: number; height: number }): void {
  const { MediaStreamTrackGenerator } = globalThis as unknown as {
    MediaStreamTrackGenerator: TrackGeneratorConstructor;
  };
  navigator.mediaDevices.getDisplayMedia = async () => {
    const screen = new OffscreenCanvas(width, height);
    const context = screen.getContext('2d');
    if (context) {
      context.fillStyle = '#ffffff';
      context.fillRect(0, 0, width, height);
      context.fillStyle = '#203050';
      context.fillRect(0, 0, width / 2, height / 2);
    }
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    track.writable.getWriter().write(new VideoFrame(screen, { timestamp: 0 }));
    globalThis.endScreen = () => {
      track.stop();
      // A page that stops a track itself hears nothing of it.
      track.dispatchEvent(new Event('ended'));
    };
    return new MediaStream([track]);
  };
}
