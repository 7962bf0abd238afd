/**
 * The picture in a small window above all others: the canvas itself moves there where browsers have windows for documents, else a video
 * shows what is painted on it. Firefox has neither for pages, so it is not available there.
 */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Toggle } from './use-full-screen.ts';

/** Not in TypeScript's own types yet (WICG, Document Picture-in-Picture). */
interface DocumentWindows {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

const documentWindows = (): DocumentWindows | undefined =>
  (globalThis as { documentPictureInPicture?: DocumentWindows }).documentPictureInPicture;

const hasVideoWindows = (): boolean =>
  document.pictureInPictureEnabled === true && 'captureStream' in HTMLCanvasElement.prototype;

/** @param onChange told when the picture moves out of the page, and when it is back */
export function usePictureInPicture(
  canvas: RefObject<HTMLCanvasElement | null>,
  onChange: (active: boolean) => void,
): Toggle {
  const [active, setActive] = useState(false);
  const close = useRef<() => void>(undefined);
  const changed = (now: boolean) => {
    setActive(now);
    onChange(now);
  };
  useEffect(() => () => close.current?.(), []);
  const open = async (picture: HTMLCanvasElement): Promise<void> => {
    const ended = () => {
      close.current = undefined;
      changed(false);
    };
    const windows = documentWindows();
    close.current = await (windows ? openDocument(windows, picture, ended) : openVideo(picture, ended));
    changed(true);
  };
  return {
    available: documentWindows() !== undefined || hasVideoWindows(),
    active,
    toggle() {
      if (close.current) close.current();
      else if (canvas.current) open(canvas.current).catch(() => undefined);
    },
  };
}

/** Resolves with how to close the window again. */
async function openDocument(
  windows: DocumentWindows,
  picture: HTMLCanvasElement,
  ended: () => void,
): Promise<() => void> {
  const { width, height } = picture;
  const home = picture.parentElement;
  const small = await windows.requestWindow({ width: 400, height: Math.round((400 * height) / width) });
  const { body } = small.document;
  Object.assign(body.style, { margin: '0', height: '100vh', background: 'black' });
  // In that window the page's own styles do not hold.
  Object.assign(picture.style, { display: 'block', width: '100%', height: '100%', objectFit: 'contain' });
  small.document.title = document.title;
  body.append(picture);
  small.addEventListener(
    'pagehide',
    () => {
      picture.removeAttribute('style');
      home?.prepend(picture);
      ended();
    },
    { once: true },
  );
  return () => small.close();
}

async function openVideo(picture: HTMLCanvasElement, ended: () => void): Promise<() => void> {
  const stream = picture.captureStream();
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = stream;
  video.addEventListener(
    'leavepictureinpicture',
    () => {
      for (const track of stream.getTracks()) track.stop();
      ended();
    },
    { once: true },
  );
  await video.play();
  await video.requestPictureInPicture();
  return () => void document.exitPictureInPicture().catch(() => undefined);
}
