/** The program as people start it: a process of its own, on a free port. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { get } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LinkId } from '@murmuration/shared/lib/ids.ts';
import { Channel } from '@murmuration/shared/node/ports.ts';
import { afterEach, expect, test } from 'vitest';
import { untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { TransportProbe } from '../../shared/sim/transport-probe.ts';
import { SocketTransport } from '../../web/src/rtc/socket-transport.ts';
import { endPrograms, runningSupernode, startSupernodeProgram } from '../trial/programs.ts';

afterEach(endPrograms);

async function linked(port: number) {
  const transport = new SocketTransport();
  const probe = new TransportProbe(transport, 1);
  const link = probe.newLink();
  transport.dial(link, { kind: 'supernode', url: `ws://127.0.0.1:${port}/link` });
  const record = probe.record(link);
  await untilInRealTime(() => record.control.length > 0);
  return { transport, link, record };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} says goodbye to those who are linked, closes and exits with 0`, async () => {
    const { child, output, exited, port } = await runningSupernode();
    const { record } = await linked(port);
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    expect(await health.json()).toMatchObject({ status: 'ok', connections: 1, streams: 0 });
    const fromMs = performance.now();
    child.kill(signal);
    expect(await exited).toBe(0);
    expect(performance.now() - fromMs).toBeLessThan(2_500);
    await untilInRealTime(() => record.closings.length > 0);
    expect(output.err).not.toContain('Error');
  });
}

test('those who do not let go are cut off', async () => {
  const { child, exited, port } = await runningSupernode();
  const idle = connect(port, '127.0.0.1');
  idle.on('error', () => {});
  await once(idle, 'connect');
  const { WebSocket } = await import('ws');
  const stuck = new WebSocket(`ws://127.0.0.1:${port}/link`);
  stuck.on('error', () => {});
  await once(stuck, 'open');
  stuck.pause();
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
  stuck.terminate();
  idle.destroy();
});

test('a port that is taken is named, with what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { output, exited } = startSupernodeProgram(['--port', String(port)]);
  expect(await exited).toBe(1);
  expect(output.err).toContain(`Port ${port} is taken`);
  expect(output.err).not.toContain('    at ');
  other.close();
});

test('a wrong flag, a wrong variable and a wrong folder exit with 2', async () => {
  for (const [args, environment, words] of [
    [['--prot', '1'], {}, '--prot'],
    [[], { PORT: 'abc' }, 'PORT'],
    [['--web-root', '/nowhere'], {}, '/nowhere'],
  ] as [string[], Record<string, string>, string][]) {
    const { output, exited } = startSupernodeProgram(args, environment);
    expect(await exited).toBe(2);
    expect(output.err).toContain(words);
    expect(output.err).not.toContain('    at ');
  }
});

test('where no person watches every line is a JSON object', async () => {
  const program = startSupernodeProgram(['--port', '0']);
  await untilInRealTime(() => program.output.out.includes('"hint"'));
  const lines = program.output.out.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).event)).toContain('up');
});

test('garbage from a linked client ends its link, not the program', async () => {
  const { port } = await runningSupernode();
  const { transport, link, record } = await linked(port);
  for (let at = 0; at < 20; at++) {
    transport.send(link as LinkId, Channel.control, Uint8Array.of(at, 255, at, 0, 255));
  }
  await untilInRealTime(() => record.closings.length > 0);
  const again = await linked(port);
  expect(again.record.closings).toEqual([]);
  again.transport.close(again.link);
});

test('--tls-self-signed speaks HTTPS with a certificate of its own, and says its fingerprint', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'self-signed-'));
  const { output } = startSupernodeProgram([
    '--port',
    '0',
    '--log',
    'text',
    '--tls-self-signed',
    '--data-dir',
    folder,
  ]);
  await untilInRealTime(() => /Go live there/.test(output.out));
  const ca = readFileSync(join(folder, 'self-signed.crt'));
  expect(output.out).toContain(new X509Certificate(ca).fingerprint256);
  const [, url = ''] = /open (https:\/\/\S+:\d+)/.exec(output.out) ?? [];
  const request = get(`${url}/livez`, { ca });
  const [response] = await once(request, 'response');
  expect(response.statusCode).toBe(200);
  response.destroy();
});
