/** The page over real HTTP: what is served, with which headers, and what hostile requests get. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { defaultHttpLimits, type HttpLimits } from './http-limits.ts';
import { createHttpServer } from './http-server.ts';
import { PageError, type PageFiles, readPageFiles } from './page-files.ts';

const SCRIPT = 'export const numbers = [1, 2, 3];\n'.repeat(200);
let root: string;
let page: PageFiles;
const running: Server[] = [];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'page-'));
  root = join(folder, 'dist');
  await mkdir(join(root, 'assets'), { recursive: true });
  await mkdir(join(root, '.hidden'));
  await writeFile(join(folder, 'secret.txt'), 'outside');
  await writeFile(join(root, 'index.html'), '<!doctype html><title>Murmuration</title>');
  await writeFile(join(root, 'assets', 'main-abc123.js'), SCRIPT);
  await writeFile(join(root, 'assets', 'logo-abc123.png'), Buffer.alloc(5_000));
  await mkdir(join(root, 'embed', 'assets'), { recursive: true });
  await writeFile(join(root, 'embed', 'player.js'), SCRIPT);
  await writeFile(join(root, 'embed', 'assets', 'view-abc123.js'), SCRIPT);
  await writeFile(join(root, '.env'), 'KEY=1');
  await writeFile(join(root, '.hidden', 'a.txt'), 'hidden');
  page = await readPageFiles(root);
  return () => rm(folder, { recursive: true });
});

afterEach(() => {
  for (const server of running.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function listen(
  served: PageFiles | undefined,
  limits: Partial<HttpLimits> = {},
  ready = true,
  monitor = false,
) {
  const server = createHttpServer({
    page: served,
    health: () => ({ status: 'ok', connections: 3 }),
    ready: () => ready,
    monitor,
    upgrade: (_request, socket) => socket.destroy(),
    webSocketsMax: 1,
    limits: { ...defaultHttpLimits, ...limits },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  running.push(server);
  return (server.address() as AddressInfo).port;
}

/** Unlike fetch, leaves path and headers as they are. */
async function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const asked = request({ host: '127.0.0.1', port, path, headers, method, agent: false }).end();
  const [response] = await once(asked, 'response');
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return {
    status: response.statusCode as number,
    headers: response.headers as Record<string, string | undefined>,
    body: Buffer.concat(parts),
  };
}

/** Writes bytes as they are and returns all that comes back. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(text);
  let answer = '';
  socket.on('data', (part) => {
    answer += part;
  });
  await once(socket, 'close');
  return answer;
}

test('the page is served at / and revalidated each time', async () => {
  const port = await listen(page);
  const first = await get(port, '/?via=x');
  expect(first.status).toBe(200);
  expect(String(first.body)).toContain('Murmuration');
  expect(first.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-length': String(first.body.length),
  });
  const etag = first.headers.etag ?? '';
  const again = await get(port, '/index.html', { 'If-None-Match': `"other", W/${etag}` });
  expect([again.status, again.body.length]).toEqual([304, 0]);
});

test('files with a hash in their names are kept for ever', async () => {
  const port = await listen(page);
  const script = await get(port, '/assets/main-abc123.js');
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
  expect(String(script.body)).toBe(SCRIPT);
});

test('text is compressed for those who can read it, images never', async () => {
  const port = await listen(page);
  for (const [accepted, coding] of [
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['identity', undefined],
  ] as const) {
    const { headers, body } = await get(port, '/assets/main-abc123.js', { 'Accept-Encoding': accepted });
    expect(headers['content-encoding']).toBe(coding);
    expect(headers.vary).toBe('Accept-Encoding');
    if (coding) expect(body.length).toBeLessThan(SCRIPT.length / 4);
  }
  const text = await fetch(`http://127.0.0.1:${port}/assets/main-abc123.js`);
  expect(await text.text()).toBe(SCRIPT);
  const image = await get(port, '/assets/logo-abc123.png', { 'Accept-Encoding': 'br' });
  expect([image.headers['content-encoding'], image.body.length]).toEqual([undefined, 5_000]);
});

test('every answer carries the security headers', async () => {
  const port = await listen(page);
  for (const [path, method] of [
    ['/', 'GET'],
    ['/health', 'GET'],
    ['/missing', 'GET'],
    ['/', 'POST'],
  ] as const) {
    const { headers } = await get(port, path, {}, method);
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
  }
});

test('other sites may load what they embed, and nothing else', async () => {
  const port = await listen(page);
  for (const [path, cached] of [
    ['/embed/player.js', 'no-cache'],
    ['/embed/assets/view-abc123.js', 'public, max-age=31536000, immutable'],
  ] as const) {
    const { headers } = await get(port, path, { Origin: 'https://elsewhere.example' });
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': cached,
    });
    const known = await get(port, path, { 'If-None-Match': headers.etag ?? '' });
    expect([known.status, known.headers['access-control-allow-origin']]).toEqual([304, '*']);
  }
  for (const path of ['/', '/assets/main-abc123.js', '/health', '/embed/missing.js']) {
    const { headers } = await get(port, path);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  }
});

test('HEAD has the headers of GET and no body; other methods are refused', async () => {
  const port = await listen(page);
  const head = await get(port, '/', {}, 'HEAD');
  expect([head.status, head.body.length]).toEqual([200, 0]);
  expect(head.headers['content-length']).toBe('41');
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const { status, headers } = await get(port, '/', {}, method);
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  }
});

test('no path leads out of the page', async () => {
  const port = await listen(page);
  for (const path of [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//etc/passwd',
    '/.env',
    '/.hidden/a.txt',
    '/assets',
    '/assets/',
    '/__proto__',
    '/%',
    '/%00',
  ]) {
    expect((await get(port, path)).status, path).toBe(404);
  }
  expect(
    await raw(port, 'GET http://other.example/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  ).toContain(' 404 ');
});

test('a range that makes no sense is no range', async () => {
  const port = await listen(page);
  for (const range of ['bytes=5-2', 'bytes=-', 'bytes=999999-', 'x']) {
    expect((await get(port, '/', { Range: range })).status).toBe(200);
  }
});

test('health is JSON and never kept', async () => {
  const { status, headers, body } = await get(await listen(page), '/health');
  expect(status).toBe(200);
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  expect(JSON.parse(String(body))).toEqual({ status: 'ok', connections: 3 });
});

test('/monitor leads to the page of the app, where the operator shows one', async () => {
  const { status, headers } = await get(await listen(page, {}, true, true), '/monitor');
  expect([status, headers.location]).toEqual([302, '/#/monitor']);
  const hidden = await get(await listen(page), '/monitor');
  expect([hidden.status, String(hidden.body)]).toEqual([404, 'The operator shows no monitor here.\n']);
});

test('a page that is not built is explained, and health goes on', async () => {
  const port = await listen(undefined);
  const { status, body } = await get(port, '/');
  expect(status).toBe(503);
  expect(String(body)).toContain('not built');
  expect((await get(port, '/health')).status).toBe(200);
});

test('alive is not the same as ready', async () => {
  const port = await listen(page, {}, false);
  expect((await get(port, '/livez')).status).toBe(200);
  expect((await get(port, '/readyz')).status).toBe(503);
  expect((await get(await listen(page), '/readyz')).status).toBe(200);
});

test('one TCP connection too many from an address is dropped; a freed place is given again', async () => {
  const port = await listen(page, { socketsPerAddressMax: 1 });
  const first = connect(port, '127.0.0.1');
  await once(first, 'connect');
  expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
  first.destroy();
  await once(first, 'close');
  let answer = '';
  for (let tries = 0; answer === '' && tries < 1_000; tries++)
    answer = await raw(port, 'GET /livez HTTP/1.0\r\n\r\n');
  expect(answer).toContain(' 200 ');
});

test('headers that are too large are refused', async () => {
  const port = await listen(page);
  expect((await get(port, '/', { 'X-Large': 'x'.repeat(9_000) })).status).toBe(431);
});

test('a request that does not come to its end is cut off', async () => {
  const port = await listen(page, { headersWithinMs: 40, requestWithinMs: 60, checkEveryMs: 20 });
  expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toContain(' 408 ');
});

test('a body that does not come to its end is cut off', async () => {
  const port = await listen(page, { headersWithinMs: 40, requestWithinMs: 60, checkEveryMs: 20 });
  const answer = await raw(port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslow');
  expect(answer).toContain(' 405 ');
});

test('a silent socket is cut off', async () => {
  const port = await listen(page, { idleMs: 40 });
  expect(await raw(port, '')).toBe('');
});

test('bytes that are no request are refused', async () => {
  expect(await raw(await listen(page), '\x16\x03\x01 not http\r\n\r\n')).toContain(' 400 ');
});

test('one socket too many is dropped', async () => {
  const port = await listen(page, { pageSocketsMax: 0 });
  const first = connect(port, '127.0.0.1');
  await once(first, 'connect');
  expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
  first.destroy();
});

test('a folder without a page is told from one', async () => {
  await expect(readPageFiles(join(root, 'assets'))).rejects.toMatchObject({ reason: 'not-built' });
  await expect(readPageFiles(join(root, 'nowhere'))).rejects.toBeInstanceOf(PageError);
});
