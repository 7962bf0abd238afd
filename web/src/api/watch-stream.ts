/** `watch` of the public API: a stream on a canvas, without controls of its own. */
import { SLOTS_MAX } from '../session/stream-link.ts';
import { defaultPreferences } from '../state/preferences.ts';
import type { WatchEvent, Watching, WatchOptions, WatchStatus } from './contract.ts';
import { embedTarget } from './embed-target.ts';
import { WatchedStream } from './watched-stream.ts';

/** As {@link import('./contract.ts').Watch}. */
export function watchStream(link: string, options: WatchOptions = {}): Watching {
  const { muted = true, volume = 1, uploadMbitMax, shareWhenMetered = false } = options;
  const target = embedTarget(link, options.supernodes);
  const stream = new WatchedStream({
    stream: target.stream,
    supernodes: target.supernodes,
    delayMaxMs: options.delay === undefined ? target.delayMaxMs : delayWithin(options.delay),
    wishes: {
      slots: slotsWithin(options.slots ?? target.slots ?? defaultPreferences.viewerSlots),
      uploadMbitMax,
      shareWhenMetered,
    },
    volume,
  });
  const canvas = options.canvas ?? newCanvas(options.element);
  stream.setMuted(muted);
  const leave = () => stop();
  const stop = () => {
    removeEventListener('pagehide', leave);
    stream.stop();
    if (!options.canvas) canvas.remove();
  };
  // Neighbours hear a goodbye instead of waiting for a time-out.
  addEventListener('pagehide', leave);
  stream.start(canvas, options.canvas ? 'caller' : 'player');
  return {
    canvas,
    get status(): WatchStatus {
      return stream.status;
    },
    on: (event: WatchEvent, listener) => stream.on(event, listener),
    setMuted: (muted) => stream.setMuted(muted),
    setVolume: (volume) => stream.setVolume(volume),
    pause: () => stream.pause(),
    play: () => stream.play(),
    setSlots: (slots) => stream.setSlots(slotsWithin(slots)),
    stop,
  };
}

/** What is no whole number from 0 to 16 becomes the nearest one. */
export const slotsWithin = (slots: number): number =>
  Math.min(SLOTS_MAX, Math.max(0, Math.floor(slots) || 0));

/** 60 to 600 ms, as links have it. */
export const delayWithin = (delayMs: number): number => Math.min(600, Math.max(60, delayMs || 600));

function newCanvas(element: HTMLElement | undefined): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = 640;
  canvas.height = 360;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', 'Live picture');
  Object.assign(canvas.style, { display: 'block', width: '100%', objectFit: 'contain' });
  element?.append(canvas);
  return canvas;
}
