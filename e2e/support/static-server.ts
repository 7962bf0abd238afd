// Serves a folder of built test pages, or of examples, on loopback. Left out: everything that a server for strangers needs.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

export interface StaticServer {
  /** Without a slash at the end. */
  readonly url: string;
  close(): void;
}

/** @param replace in text files, such as an address that is an example there */
export async function serveFolder(
  folder: string,
  replace: Readonly<Record<string, string>> = {},
): Promise<StaticServer> {
  const filled = (body: Buffer, path: string): Buffer | string =>
    extname(path) === '.html'
      ? Object.entries(replace).reduce((text, [from, to]) => text.replaceAll(from, () => to), body.toString())
      : body;
  const server = createServer((request, response) => {
    const path = normalize(decodeURI((request.url ?? '/').split('?')[0] ?? '/'));
    readFile(join(folder, path)).then(
      (body) =>
        response.writeHead(200, { 'Content-Type': types[extname(path)] ?? '' }).end(filled(body, path)),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
