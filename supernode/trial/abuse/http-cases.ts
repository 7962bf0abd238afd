/** Attacks before there is a WebSocket: TCP, HTTP, and the request to upgrade. */
import { connect, type Socket } from 'node:net';
import { raw, upgrade } from '../outcome.ts';
import { type AbuseCase, localAddress } from './abuse-case.ts';

const from = { localAddress: localAddress() };
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n';

/** Never silent for long, never done. */
const dribble =
  (bytes: string) =>
  (socket: Socket): void => {
    const timer = setInterval(() => socket.write(bytes), 50);
    socket.once('close', () => clearInterval(timer));
  };

/** Opens sockets that say nothing; how many of them are still open when all have connected. */
async function silentSockets(port: number, count: number): Promise<{ open: number; end: () => void }> {
  const sockets = Array.from({ length: count }, () =>
    connect({ port, host: '127.0.0.1', localAddress: localAddress(3) }),
  );
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.on('error', () => undefined);
          // A dropped one connects first: the system takes it before the program sees it.
          socket.once('connect', () => setTimeout(resolve, 200));
          socket.once('close', () => resolve());
        }),
    ),
  );
  return {
    open: sockets.filter(({ readyState }) => readyState === 'open').length,
    end: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

export const httpCases: readonly AbuseCase[] = [
  {
    name: 'headers that dribble (slowloris)',
    expects: 'http 408',
    run: ({ port }) => raw(port, GET, { ...from, more: dribble('X-A: b\r\n') }),
  },
  {
    name: 'fifty slowloris at once',
    expects: '50 × http 408',
    run: async ({ port }) => {
      const all = await Promise.all(
        Array.from({ length: 50 }, () => raw(port, GET, { ...from, more: dribble('X-A: b\r\n') })),
      );
      return `${all.filter((outcome) => outcome === 'http 408').length} × http 408`;
    },
  },
  {
    name: 'a body that dribbles',
    expects: 'http 405',
    run: ({ port }) =>
      raw(port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n', {
        ...from,
        more: dribble('x'),
      }),
  },
  {
    name: 'a chunked body without end',
    expects: 'http 405',
    run: ({ port }) =>
      raw(port, 'PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', {
        ...from,
        more: dribble('1\r\nx\r\n'),
      }),
  },
  {
    name: 'headers of 64 KiB',
    expects: 'http 431',
    run: ({ port }) => raw(port, `${GET}X-Large: ${'x'.repeat(65_536)}\r\n\r\n`, from),
  },
  {
    name: 'ten thousand headers',
    expects: 'http 431',
    run: ({ port }) => raw(port, `${GET}${'A: b\r\n'.repeat(10_000)}\r\n`, from),
  },
  {
    name: 'bytes that are no HTTP',
    expects: 'http 400',
    run: ({ port }) => raw(port, '\x16\x03\x01\x02\x00 not http\r\n\r\n', from),
  },
  {
    name: 'two lengths for one body (request smuggling)',
    expects: 'http 400',
    run: ({ port }) =>
      raw(
        port,
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        from,
      ),
  },
  {
    name: 'a path out of the page’s folder',
    expects: 'http 404 or 503',
    run: async ({ port }) => {
      const outcome = await raw(
        port,
        'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
        from,
      );
      return /^http (404|503)$/.test(outcome) ? 'http 404 or 503' : outcome;
    },
  },
  {
    name: 'a silent TCP connection',
    expects: 'http 408',
    run: ({ port }) => raw(port, '', from),
  },
  {
    name: 'more TCP connections than one address may have',
    expects: 'at most 300',
    run: async ({ port }) => {
      const { open, end } = await silentSockets(port, 400);
      end();
      return open > 0 && open <= 300 ? 'at most 300' : `${open} open`;
    },
  },
  {
    name: 'two thousand requests over one connection',
    expects: '1000 answers',
    run: async ({ port }) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: localAddress() });
      socket.on('error', () => undefined);
      let answers = 0;
      socket.on('data', (part) => {
        answers += String(part).split('HTTP/1.1 200').length - 1;
      });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2_000));
      await closed;
      // A head may be cut in two between reads, so a few can go uncounted.
      return answers > 980 && answers <= 1_000 ? '1000 answers' : `${answers} answers`;
    },
  },
  {
    name: 'an upgrade at another path',
    expects: 'http 404',
    run: ({ port }) => upgrade(port, { ...from, path: '/other' }),
  },
  {
    name: 'an upgrade by the page of somebody else',
    expects: 'http 403',
    run: ({ port }) => upgrade(port, { ...from, headers: { Origin: 'https://evil.example' } }),
  },
  {
    name: 'an upgrade of an unknown WebSocket version',
    expects: 'http 400',
    run: ({ port }) => upgrade(port, { ...from, headers: { 'Sec-WebSocket-Version': '99' } }),
  },
  {
    name: 'an upgrade with a key that is none',
    expects: 'http 400',
    run: ({ port }) => upgrade(port, { ...from, headers: { 'Sec-WebSocket-Key': 'short' } }),
  },
  {
    name: 'more WebSockets than one address may have, with forged X-Forwarded-For',
    expects: '256 × http 101, 20 × http 429',
    run: async ({ port }) => {
      const open: Socket[] = [];
      const outcomes: string[] = [];
      for (let at = 0; at < 276; at++) {
        const headers = { 'X-Forwarded-For': `10.0.${at >> 8}.${at & 255}` };
        outcomes.push(
          await upgrade(port, {
            localAddress: localAddress(4),
            headers,
            keep: (socket) => open.push(socket),
          }),
        );
      }
      for (const socket of open) socket.destroy();
      const count = (outcome: string): number => outcomes.filter((each) => each === outcome).length;
      return `${count('http 101')} × http 101, ${count('http 429')} × http 429`;
    },
  },
  {
    name: 'a flood of upgrades from many addresses',
    expects: 'http 503',
    run: async ({ port }) => {
      const outcomes = new Set<string>();
      for (let round = 0; round < 60 && !outcomes.has('http 503'); round++) {
        const all = Array.from({ length: 50 }, (_, at) =>
          upgrade(port, { localAddress: localAddress(10 + ((round * 50 + at) % 200)) }),
        );
        for (const outcome of await Promise.all(all)) outcomes.add(outcome);
      }
      // So that those who come next find the rate as it usually is.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return outcomes.has('http 503') ? 'http 503' : [...outcomes].join(', ');
    },
  },
];
