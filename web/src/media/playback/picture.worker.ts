/** The thread of the pictures of one player; what is asked and told: picture-messages.ts. */
import { wallClockMs } from '../wall-clock.ts';
import type { PaintAlarmPorts } from './paint-alarm.ts';
import type { PictureOrder } from './picture-messages.ts';
import { PicturePlayer } from './picture-player.ts';

const threadPaintPorts: PaintAlarmPorts = {
  now: wallClockMs,
  startTimer: (callback, delayMs) => {
    const id = setTimeout(callback, delayMs);
    return () => clearTimeout(id);
  },
};

const player = new PicturePlayer(threadPaintPorts, (telling, transfer = []) =>
  postMessage(telling, { transfer }),
);

self.onmessage = ({ data: order }: MessageEvent<PictureOrder>) => player.obey(order);
