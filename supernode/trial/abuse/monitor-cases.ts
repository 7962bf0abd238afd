/** Attacks on the monitor: listeners that talk, that crowd, that come from elsewhere. */
import type { Socket } from 'node:net';
import { FEED_PATH } from '@murmuration/shared/monitor/feed-messages.ts';
import { WebSocket } from 'ws';
import { upgrade } from '../outcome.ts';
import { type AbuseCase, localAddress, type Target } from './abuse-case.ts';

/** As many as an address may have. */
const READERS_PER_ADDRESS = 8;

/** How a listener ends that does something else than to listen. */
function misuse({ port }: Target, act: (socket: WebSocket) => void): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${FEED_PATH}`, { localAddress: localAddress(7) });
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('open', () => act(socket));
    socket.once('close', (code) => resolve(`close ${code}`));
  });
}

export const monitorCases: readonly AbuseCase[] = [
  {
    name: 'a listener of the monitor that talks',
    expects: 'close 1008',
    run: (target) => misuse(target, (socket) => socket.send('tell me more')),
  },
  {
    name: 'pings without end at the monitor',
    expects: 'close 4003',
    run: (target) =>
      misuse(target, (socket) => {
        for (let ping = 0; ping < 1_000; ping++) socket.ping();
      }),
  },
  {
    name: 'more monitors than one address may have',
    expects: 'http 429',
    run: async ({ port }) => {
      const open: Socket[] = [];
      const from = { localAddress: localAddress(8), path: FEED_PATH };
      for (let reader = 0; reader < READERS_PER_ADDRESS; reader++)
        await upgrade(port, { ...from, keep: (socket) => open.push(socket) });
      const last = await upgrade(port, from);
      for (const socket of open) socket.destroy();
      return last;
    },
  },
  {
    name: 'the monitor, from a page that is not listed',
    expects: 'http 403',
    run: ({ port }) =>
      upgrade(port, {
        path: FEED_PATH,
        localAddress: localAddress(9),
        headers: { Origin: 'https://bad.example' },
      }),
  },
];
