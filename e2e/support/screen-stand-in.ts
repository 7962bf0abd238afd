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

/** Refers to nothing outside itself: its text is sent into pages. */
function installStillScreen({ width, height }: { width: number; height: number }): void {
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    if (context) {
      context.fillStyle = '#ffffff';
      context.fillRect(0, 0, width, height);
      context.fillStyle = '#203050';
      context.fillRect(0, 0, width / 2, height / 2);
    }
    const screen = document.createElement('canvas');
    screen.width = width;
    screen.height = height;
    const stream = screen.captureStream(0);
    const [track] = stream.getVideoTracks() as CanvasCaptureMediaStreamTrack[];
    // Painted only now, so that this is the one picture that comes.
    setTimeout(() => {
      screen.getContext('2d')?.drawImage(canvas, 0, 0);
      track?.requestFrame();
    }, 100);
    globalThis.endScreen = () => {
      track?.stop();
      // A page that stops a track itself hears nothing of it.
      track?.dispatchEvent(new Event('ended'));
    };
    return stream;
  };
}
