// A hostile supernode, as its visitors meet it: stands before an honest one, serves its page, and swaps the DTLS fingerprints in
// the session descriptions that it delivers to them, as somebody would who wants to sit in the middle of a link. All else passes
// unchanged. The new fingerprint belongs to nobody: what matters is that it is not the one that was signed.

import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

/** First byte of a packet that carries a signal (PROTOCOL.md). */
const SIGNAL = 0x32;
const FINGERPRINT = /(a=fingerprint:sha-256 )((?:[0-9A-F]{2}:){31}[0-9A-F]{2})/gi;

export interface SwappingProxy {
  /** Where its page is, without a slash at the end. */
  readonly url: string;
  /** Descriptions swapped so far. */
  readonly swapped: number;
  close(): void;
}

/** @param honest the address of a supernode, without a slash at the end */
export async function serveSwapped(honest: string): Promise<SwappingProxy> {
  let swapped = 0;
  const sockets = new Set<WebSocket>();
  const swap = (packet: Buffer): Buffer => {
    const other = packet[0] === SIGNAL ? withOtherFingerprint(packet) : packet;
    if (!other.equals(packet)) swapped++;
    return other;
  };

  const tunnel = (page: WebSocket, path: string): void => {
    const supernode = new WebSocket(honest.replace(/^http/, 'ws') + path, { perMessageDeflate: false });
    const opened = once(supernode, 'open');
    opened.catch(() => page.terminate());
    page.on('message', (packet: Buffer) => opened.then(() => supernode.send(packet)).catch(() => undefined));
    supernode.on('message', (packet: Buffer) => page.send(swap(packet)));
    for (const socket of [page, supernode]) {
      sockets.add(socket);
      // An error comes before the end, and the end of one is the end of both.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        page.close();
        supernode.close();
      });
    }
  };

  const server = createServer((request, response) => passFile(honest + (request.url ?? '/'), response));
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) =>
    upgrades.handleUpgrade(request, socket, head, (page) => tunnel(page, request.url ?? '/')),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get swapped() {
      return swapped;
    },
    close() {
      for (const socket of sockets) socket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
}

function passFile(url: string, response: ServerResponse): void {
  const pass = (file: IncomingMessage): void => {
    response.writeHead(file.statusCode ?? 502, file.headers);
    file.pipe(response);
  };
  get(url, pass).on('error', () => response.destroy());
}

/** The same packet with each digit of its fingerprints turned into another. */
function withOtherFingerprint(packet: Buffer): Buffer {
  // Latin-1 keeps every byte as one character.
  const text = packet.toString('latin1').replace(FINGERPRINT, (_line, name: string, digits: string) => {
    const others = digits.replace(/[0-9A-F]/gi, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));
    return name + others.toUpperCase();
  });
  return Buffer.from(text, 'latin1');
}
