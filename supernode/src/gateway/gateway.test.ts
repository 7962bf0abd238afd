/** The gateway as a program of its own, over plain HTTP, UDP and WebSocket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { untilInRealTime } from '../../../shared/sim/transport-contract.ts';
import type { GatewayAnswer } from './gateway-answer.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const NOTHING = {
  Success: false,
  InstanceID: '',
  TCPServerPort: 0,
  UDPServerPort: 0,
  ResourceID: '',
  MaxResourceSize: 0,
};

let gateway: ChildProcess;
let errors = '';
let keys: string;
let port = 0;
let exited: Promise<number | null>;

beforeAll(async () => {
  keys = mkdtempSync(join(tmpdir(), 'gateway-'));
  const words = ['--port', '0', '--bind', '127.0.0.1', '--keys', join(keys, 'made'), '--until-eof'];
  gateway = spawn(process.execPath, [MAIN, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  gateway.stderr?.on('data', (part) => {
    errors += part;
  });
  exited = once(gateway, 'exit').then(([code]) => code as number | null);
  const [line] = (await once(gateway.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  port = (JSON.parse(line.toString()) as { port: number }).port;
});
afterAll(() => {
  gateway.kill('SIGKILL');
  rmSync(keys, { recursive: true });
});

interface Reply {
  readonly status: number;
  readonly body: string;
}

function call(method: string, path: string, body = '', headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const all = { 'Content-Length': String(Buffer.byteLength(body)), ...headers };
    const asked = request({ host: '127.0.0.1', port, method, path, headers: all }, async (response) => {
      let text = '';
      for await (const part of response.setEncoding('utf8')) text += part;
      resolve({ status: response.statusCode ?? 0, body: text });
    });
    asked.on('error', reject).end(body);
  });
}

const json = { 'Content-Type': 'application/json' };
async function post(path: string, value: unknown): Promise<GatewayAnswer> {
  const { status, body } = await call('POST', path, JSON.stringify(value), json);
  expect(status).toBe(200);
  return JSON.parse(body) as GatewayAnswer;
}

/** A UDP socket of an application. */
async function newSocket(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

describe('messages through the gateway', () => {
  let tracker = '';
  let host: GatewayAnswer;
  let member: GatewayAnswer;

  beforeAll(async () => {
    const supernode = await post('/host-super', {});
    expect(supernode).toEqual({
      ...NOTHING,
      Success: true,
      InstanceID: expect.stringMatching(/./),
      TCPServerPort: expect.any(Number),
    });
    expect(supernode.TCPServerPort).toBeGreaterThan(0);
    tracker = `127.0.0.1:${supernode.TCPServerPort}`;
    host = await post('/host', { Trackers: [tracker], MaxResourceSize: 300_000 });
    member = await post('/join', { tracker_nodes: [`http://${tracker}`], resourceId: host.ResourceID });
  });

  it('go to a stream with an id and a UDP port, which members know as well', () => {
    expect(host).toEqual({
      Success: true,
      InstanceID: expect.stringMatching(/./),
      TCPServerPort: 0,
      UDPServerPort: expect.any(Number),
      ResourceID: expect.stringMatching(/^[\w-]{27}$/),
      MaxResourceSize: 300_000,
    });
    expect(member).toEqual({
      ...host,
      InstanceID: expect.stringMatching(/./),
      UDPServerPort: expect.any(Number),
    });
    expect(new Set([host.UDPServerPort, member.UDPServerPort, 0]).size).toBe(3);
    expect(host.InstanceID).not.toBe(member.InstanceID);
  });

  it('come out of the UDP port in order, each once, one for each datagram that asks; oversized ones never went in', async () => {
    const socket = await newSocket();
    const heard: string[] = [];
    const feed = (text: string): void => socket.send(text, host.UDPServerPort, '127.0.0.1');
    socket.on('message', (bytes, { port: from }) => {
      if (from !== member.UDPServerPort) return;
      heard.push(`${bytes.length} ${bytes.subarray(0, 6)}`);
      socket.send('', member.UDPServerPort, '127.0.0.1');
    });
    socket.send('', member.UDPServerPort, '127.0.0.1');
    const sizes = Array.from({ length: 30 }, (_, at) => (at % 3 === 0 ? 65_000 : 20 + at));
    for (const [at, size] of sizes.entries()) {
      feed(`${String(at).padStart(6, '0')}${'x'.repeat(size - 6)}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await untilInRealTime(() => heard.length === sizes.length);
    expect(heard).toEqual(sizes.map((size, at) => `${size} ${String(at).padStart(6, '0')}`));
    socket.close();
  });

  it('over a datagram’s size go through WebSockets; a second reader takes over; too long ones are refused', async () => {
    const at = (id: string) => new WebSocket(`ws://127.0.0.1:${port}/instances/${id}/data`);
    const feeder = at(host.InstanceID);
    const first = at(member.InstanceID);
    const closings: number[] = [];
    first.on('close', (code) => closings.push(code));
    await Promise.all([once(feeder, 'open'), once(first, 'open')]);
    const heard: string[] = [];
    first.on('message', (data: Buffer) => heard.push(`first ${data.length} ${data[0]}`));
    feeder.send(Buffer.alloc(256 * 1024, 1));
    await untilInRealTime(() => heard.length === 1);
    const second = at(member.InstanceID);
    second.on('message', (data: Buffer) => heard.push(`second ${data.length} ${data[0]}`));
    await once(second, 'open');
    await untilInRealTime(() => closings.length === 1);
    feeder.send(Buffer.alloc(300_000, 2));
    await untilInRealTime(() => heard.length === 2);
    expect([heard, closings]).toEqual([['first 262144 1', 'second 300000 2'], [4000]]);
    feeder.send(Buffer.alloc(300_001));
    expect((await once(feeder, 'close'))[0]).toBe(1009);
    second.send('to a member');
    expect((await once(second, 'close'))[0]).toBe(4001);
  });

  it('end with the instance: it stops once, and is unknown then', async () => {
    expect(await post('/stop', member.InstanceID)).toEqual({ ...NOTHING, Success: true });
    expect(await post('/stop', member.InstanceID)).toEqual(NOTHING);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/instances/${member.InstanceID}/data`);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toMatch(/404/);
  });

  it('[R4] go to the same stream again after a stop if their host names a key, which one instance at a time has', async () => {
    const request = { Trackers: [tracker], MaxResourceSize: 1_000, Key: 'prices' };
    const first = await post('/host', request);
    expect(await post('/host', request)).toEqual(NOTHING);
    expect(errors).toContain('Stop that one first');
    await post('/stop', first.InstanceID);
    const again = await post('/host', request);
    expect(again.ResourceID).toBe(first.ResourceID);
    const other = await post('/host', { ...request, Key: 'prices-2' });
    expect([other.Success, other.ResourceID === first.ResourceID]).toEqual([true, false]);
    for (const { InstanceID } of [again, other]) await post('/stop', InstanceID);
  });

  it('are not to be had of a stream beyond the limits, of no stream, or of a broken id', async () => {
    expect(await post('/host', { trackers: [tracker], maxSize: 4 * 1024 * 1024 + 1 })).toEqual(NOTHING);
    expect(await post('/join', { trackers: [tracker], id: 'no id' })).toEqual(NOTHING);
  });
});

describe('a valid call', () => {
  it.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('is %s /ping: 200, empty', async (method) => {
    expect(await call(method, '/ping', method === 'GET' ? '' : 'whatever')).toEqual({
      status: 200,
      body: '',
    });
  });

  it('to stop what is unknown does nothing', async () => {
    expect(await post('/stop', 'nobody')).toEqual(NOTHING);
  });
});

describe('an invalid call: 400, empty', () => {
  const trackers = ['127.0.0.1:1'];
  const bodies: readonly [string, string, unknown][] = [
    ['no list of trackers', '/host', { Trackers: '127.0.0.1:1', MaxResourceSize: 1 }],
    ['no trackers', '/host', { Trackers: [], MaxResourceSize: 1 }],
    ['a tracker that is none', '/host', { Trackers: ['a b'], MaxResourceSize: 1 }],
    ['a tracker that is a number', '/host', { Trackers: [1], MaxResourceSize: 1 }],
    ['65 trackers', '/host', { Trackers: Array.from({ length: 65 }, () => 'a:1'), MaxResourceSize: 1 }],
    ['no size', '/host', { trackers }],
    ['a size of 0', '/host', { trackers, MaxResourceSize: 0 }],
    ['a size that is no whole number', '/host', { trackers, MaxResourceSize: 1.5 }],
    ['a size in words', '/host', { trackers, MaxResourceSize: '65000' }],
    ['the same said twice', '/host', { trackers, Trackers: trackers, MaxResourceSize: 1 }],
    ['a key that is a path', '/host', { trackers, MaxResourceSize: 1, Key: '../x' }],
    ['a key that is hidden', '/host', { trackers, MaxResourceSize: 1, Key: '.x' }],
    ['a key without a name', '/host', { trackers, MaxResourceSize: 1, Key: '' }],
    ['a key of 33 letters', '/host', { trackers, MaxResourceSize: 1, Key: 'x'.repeat(33) }],
    ['a key that is a number', '/host', { trackers, MaxResourceSize: 1, Key: 7 }],
    ['no resource', '/join', { trackers }],
    ['a resource that is a number', '/join', { trackers, ResourceID: 7 }],
    ['a list', '/join', [trackers, 'x']],
    ['null', '/join', null],
    ['an object to stop', '/stop', { InstanceID: 'x' }],
    ['a number to stop', '/stop', 7],
    ['a port beyond all ports', '/host-super', { Port: 65_536 }],
    ['text to a supernode', '/host-super', 'start'],
  ];
  it.each(bodies)('for %s to %s', async (_name, path, body) => {
    expect(await call('POST', path, JSON.stringify(body), json)).toEqual({ status: 400, body: '' });
  });

  it.each([
    ['none', ''],
    ['half of one', '{"Trackers":'],
    ['a control character', '\u0000'],
    ['a quote', '"'],
    ['70 kB of no JSON', 'x'.repeat(70_000)],
    ['70 kB of JSON', `"${'x'.repeat(70_000)}"`],
  ])('for a body that is %s', async (_name, body) => {
    for (const path of ['/host', '/join', '/stop'])
      expect(await call('POST', path, body, json)).toEqual({ status: 400, body: '' });
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('for %s', async (method) => {
    for (const path of ['/host-super', '/host', '/join', '/stop'])
      expect(await call(method, path, '', json)).toEqual({ status: 400, body: '' });
  });

  it.each([{}, { 'Content-Type': 'text/plain' }, { 'Content-Type': 'application/x-www-form-urlencoded' }])(
    'for a body whose type is %j, as a page could send it',
    async (headers) => {
      expect(await call('POST', '/stop', '"x"', headers as Record<string, string>)).toEqual({
        status: 400,
        body: '',
      });
    },
  );

  it('for what is no HTTP', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('\u0001\u0002 hello\r\n\r\n');
    let text = '';
    for await (const part of socket.setEncoding('utf8')) text += part;
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a web page: 403, empty', () => {
  it.each([
    ['of another origin', { Origin: 'https://evil.example' }],
    ['of a sandbox', { Origin: 'null' }],
    ['of this very port', { Origin: 'http://127.0.0.1:7070' }],
    ['whose name was bound to loopback', { Host: 'evil.example' }],
    ['whose name begins like loopback', { Host: '127.0.0.1.evil.example:7070' }],
  ])('%s', async (_name, headers) => {
    for (const path of ['/ping', '/stop', '/host-super', '/openapi.json'])
      expect(await call('POST', path, '"x"', { ...json, ...headers })).toEqual({ status: 403, body: '' });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/instances/x/data`, { headers });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toMatch(/403/);
  });
});

describe('/openapi.json', () => {
  it('names the paths and the keys that the gateway has', async () => {
    const { status, body } = await call('GET', '/openapi.json');
    const document = JSON.parse(body);
    expect([status, document.openapi]).toEqual([200, '3.1.0']);
    expect(Object.keys(document.paths)).toEqual(['/ping', '/host-super', '/host', '/join', '/stop']);
    const { properties, required, additionalProperties } = document.components.schemas.Answer;
    const answer = await post('/stop', 'nobody');
    expect(Object.keys(answer)).toEqual(required);
    expect(additionalProperties).toBe(false);
    const types: Record<string, string> = { boolean: 'boolean', integer: 'number', string: 'string' };
    for (const [key, value] of Object.entries(answer)) {
      expect(typeof value).toBe(types[properties[key].type]);
      if (key !== 'Success') expect(value).toBe(properties[key].default);
    }
    for (const path of ['/host-super', '/host', '/join', '/stop']) {
      const { responses, requestBody } = document.paths[path].post;
      expect(Object.keys(responses)).toEqual(['200', '400', '403']);
      const { required: needed = [] } = requestBody.content['application/json'].schema;
      // What it says is needed is needed.
      for (const left of needed) {
        const whole: Record<string, unknown> = { Trackers: ['a:1'], MaxResourceSize: 1, ResourceID: 'x' };
        delete whole[left as string];
        expect((await call('POST', path, JSON.stringify(whole), json)).status).toBe(400);
      }
    }
  });

  it('is only read', async () => {
    expect(await call('POST', '/openapi.json', '{}', json)).toEqual({ status: 400, body: '' });
    expect((await call('GET', '/else')).status).toBe(404);
  });
});

it('the gateway stops what runs and exits with 0 when its standard input ends', async () => {
  expect((await post('/host-super', {})).Success).toBe(true);
  gateway.stdin?.end();
  expect(await exited).toBe(0);
});
