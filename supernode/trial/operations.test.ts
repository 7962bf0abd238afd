/** A running supernode as its operator sees it: health, metrics, certificates, credentials, and how it stops. */
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { streamIdFromBytes } from '@murmuration/shared/lib/ids.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { RedirectIntent } from '@murmuration/shared/wire/supernode-messages.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { type SupernodeProcess, startSupernodeProcess } from './supernode-process.ts';
import { TrialClient } from './trial-client.ts';

const running: SupernodeProcess[] = [];
let folder: string;
const inFolder = (name: string): string => join(folder, name);

function makeCertificate(name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-days', '30', '-nodes'];
  const files = ['-keyout', inFolder(`${name}.key`), '-out', inFolder(`${name}.pem`)];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', ...files, ...subject],
    {
      stdio: 'ignore',
    },
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'operating-'));
  makeCertificate('first');
  makeCertificate('second');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL');
});

async function start(...args: string[]): Promise<SupernodeProcess> {
  const supernode = await startSupernodeProcess(args);
  running.push(supernode);
  return supernode;
}

const status = async (port: number, path: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).status;
const urlOf = ({ port }: SupernodeProcess): string => `ws://127.0.0.1:${port}/link`;

test('metrics are on a port of their own, with bounded labels', async () => {
  const { port, metrics } = await start();
  const client = await TrialClient.open(port);
  expect(await status(port, '/metrics')).not.toBe(200);
  await fetch(`http://127.0.0.1:${port}/link`, { headers: { Connection: 'close' } });
  const figures = await metrics();
  expect(figures.get('murmuration_sockets')).toBe(1);
  expect(figures.get('murmuration_links')).toBe(1);
  expect(figures.get('murmuration_ready')).toBe(1);
  expect(figures.get('murmuration_info{version="0.1.0"}')).toBe(1);
  expect(figures.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  client.socket.send('text');
  await client.closed;
  await untilInRealTimeAsync(
    async () => (await metrics()).get('murmuration_sockets_ended_total{reason="text-message"}') === 1,
  );
});

test('[R24] metrics say how long the answers to newcomers took, those that were not refused', async () => {
  const { port, metrics } = await start('--redirects-burst', '1', '--redirects-per-second', '1');
  const client = await TrialClient.open(port);
  // What waits behind the signature of a client's first words is not timed.
  await client.believed();
  const stream = streamIdFromBytes(new Uint8Array(20).fill(1));
  for (let asked = 0; asked < 6; asked++)
    client.send({ type: MessageType.redirectRequest, intent: RedirectIntent.join, stream });
  const figure = async (name: string): Promise<number> => (await metrics()).get(`murmuration_${name}`) ?? 0;
  const refused = (): Promise<number> => figure('rejected_total{reason="redirects-too-fast"}');
  await untilInRealTimeAsync(async () => (await refused()) + (await figure('redirects_total')) === 6);
  expect(await refused()).toBeGreaterThan(0);
  // An answer is timed when it is written, a little after it was counted.
  const answered = await figure('redirects_total');
  await untilInRealTimeAsync(async () => (await figure('redirect_seconds_count')) === answered);
  expect(await figure('redirect_seconds_sum')).toBeGreaterThan(0);
});

async function untilInRealTimeAsync(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++)
    if (tries > 500) throw new Error(`still waiting for: ${condition}`);
}

test('SIGTERM: not ready, no newcomers, clients are told where else to go, and it ends when they have gone', async () => {
  const other = await start();
  const { child, port, exited, output } = await start('--alternate', urlOf(other), '--drain-ms', '15000');
  const client = await TrialClient.open(port);
  await client.believed();
  child.kill('SIGTERM');
  expect(await client.next(MessageType.goAway)).toMatchObject({
    alternates: [urlOf(other)],
    withinMs: 1_000,
  });
  expect(await status(port, '/readyz')).toBe(503);
  expect(await status(port, '/livez')).toBe(200);
  await expect(TrialClient.open(port)).rejects.toThrow('503');
  client.end();
  expect(await exited).toBe(0);
  await untilInRealTime(() => output.text.includes('"event":"stopped"'));
});

test('SIGTERM: who stays is told goodbye in the end', async () => {
  const other = await start();
  const { child, port, exited } = await start('--alternate', urlOf(other));
  const clients = await Promise.all([1, 2, 3].map(() => TrialClient.open(port)));
  await Promise.all(clients.map((client) => client.believed()));
  child.kill('SIGTERM');
  for (const { closed } of clients) expect((await closed).code).toBe(1000);
  // 9: shutting down.
  expect(clients.map(({ goodbye }) => goodbye)).toEqual([9, 9, 9]);
  expect(await exited).toBe(0);
});

test('a second signal ends it at once', async () => {
  const { child, port, exited } = await start(
    '--alternate',
    'wss://elsewhere.example',
    '--drain-ms',
    '18000',
  );
  const client = await TrialClient.open(port);
  await client.believed();
  child.kill('SIGTERM');
  await client.next(MessageType.goAway);
  child.kill('SIGTERM');
  expect(await exited).toBe(1);
});

/** The name in the certificate that a port shows. */
async function certificateOf(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

test('SIGHUP reads the certificate again; one that is unusable changes nothing', async () => {
  const [cert, key] = [inFolder('live.pem'), inFolder('live.key')];
  const use = (name: string) =>
    Promise.all([copyFile(inFolder(`${name}.pem`), cert), copyFile(inFolder(`${name}.key`), key)]);
  await use('first');
  const { child, port, output } = await start('--tls-cert', cert, '--tls-key', key);
  expect(output.text).toContain(`https://127.0.0.1:${port}`);
  expect(await certificateOf(port)).toBe('first');
  const client = await TrialClient.open(port, { secure: true, rejectUnauthorized: false });
  await expect(TrialClient.open(port)).rejects.toThrow();
  await use('second');
  child.kill('SIGHUP');
  await untilInRealTime(() => output.text.includes('"event":"reloaded"'));
  expect(await certificateOf(port)).toBe('second');
  await copyFile(inFolder('first.key'), key);
  child.kill('SIGHUP');
  await untilInRealTime(() => output.text.includes('"event":"reload-failed"'));
  expect(output.text).toContain('does not belong to the certificate');
  expect(await certificateOf(port)).toBe('second');
  expect(client.socket.readyState).toBe(client.socket.OPEN);
});

test('without TLS and secret SIGHUP does no harm', async () => {
  const { child, port, output } = await start();
  child.kill('SIGHUP');
  await untilInRealTime(() => output.text.includes('"event":"reloaded"'));
  expect(await status(port, '/readyz')).toBe(200);
});

test('[R37] who has said who it is gets STUN and TURN servers, with a name and a password of its own', async () => {
  const secretFile = inFolder('turn-secret');
  await writeFile(secretFile, 'a secret of some length\n');
  const servers = ['--ice-server', 'stun:127.0.0.1:1', '--ice-server', 'turn:127.0.0.1:1?transport=udp'];
  const { port } = await start(
    ...servers,
    '--turn-secret-file',
    secretFile,
    '--turn-credential-seconds',
    '600',
  );
  const client = await TrialClient.bound(port);
  client.greet();
  const told = await client.next(MessageType.iceServers);
  expect(told.lifetimeSeconds).toBe(600);
  const [stun, turn] = told.servers;
  expect(stun).toEqual({ url: 'stun:127.0.0.1:1', username: '', credential: '' });
  const [expiry, peer] = (turn?.username ?? '').split(':');
  expect(peer).toBe(client.identity.peer);
  expect(Math.abs(Number(expiry) - (Date.now() / 1_000 + 600))).toBeLessThan(60);
  const hmac = createHmac('sha1', 'a secret of some length')
    .update(turn?.username ?? '')
    .digest('base64');
  expect(turn?.credential).toBe(hmac);
  const stranger = await TrialClient.bound(port);
  const silent = new Promise((resolve) => {
    stranger.onMessage = ({ type }) => {
      if (type === MessageType.iceServers) resolve(type);
    };
  });
  const again = await TrialClient.open(port);
  await again.next(MessageType.iceServers);
  expect(await Promise.race([silent, Promise.resolve('nothing')])).toBe('nothing');
});

test('a secret that is too short is named', async () => {
  const secretFile = inFolder('short-secret');
  await writeFile(secretFile, 'short\n');
  const turn = ['--ice-server', 'turn:127.0.0.1', '--turn-secret-file', secretFile];
  await expect(start(...turn)).rejects.toThrow('openssl rand');
});
