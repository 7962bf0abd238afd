import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { makeSelfSigned } from './self-signed-certificate.ts';
import { localNames, selfSignedPair, selfSignedWords } from './self-signed-tls.ts';

const NOW_MS = Date.UTC(2026, 10, 22);
const DAY_MS = 86_400_000;
const names = ['localhost', 'barn.local', '192.168.7.9', '::1', 'fd00::12:0:3', '::ffff:10.1.2.3'];
const newFolder = () => mkdtempSync(join(tmpdir(), 'self-signed-'));

test('the certificate is good for all names given and no other, from now on for at most 825 days', () => {
  const certificate = new X509Certificate(makeSelfSigned(names, NOW_MS).cert);
  for (const name of names)
    expect(isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name), name).toBeDefined();
  expect(certificate.checkHost('elsewhere.local')).toBeUndefined();
  expect(certificate.checkIP('192.168.7.8')).toBeUndefined();
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(true);
  const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY_MS;
  expect(days).toBeGreaterThan(365);
  expect(days).toBeLessThan(825);
  expect(Date.parse(certificate.validFrom)).toBeLessThan(NOW_MS);
});

test('it still makes certificates when years are written differently', () => {
  const certificate = new X509Certificate(makeSelfSigned(names, Date.UTC(2051, 0, 1)).cert);
  expect(new Date(certificate.validTo).getUTCFullYear()).toBe(2053);
});

test('a client that trusts it opens a connection, and one that does not refuses', async () => {
  const { cert, key, fingerprint } = makeSelfSigned(['localhost', '127.0.0.1'], Date.now());
  const server = createServer({ cert, key }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const trusting = connect({ port, host: '127.0.0.1', ca: cert });
    await once(trusting, 'secureConnect');
    expect(trusting.authorized).toBe(true);
    expect(trusting.getPeerCertificate().fingerprint256).toBe(fingerprint);
    trusting.destroy();
    const [error] = await once(connect({ port, host: '127.0.0.1' }), 'error');
    expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  } finally {
    server.close();
  }
});

test('a pair is kept, for its owner alone, and used again', () => {
  const folder = newFolder();
  const made = selfSignedPair(folder, names, NOW_MS);
  expect(selfSignedPair(folder, names, NOW_MS + DAY_MS)).toEqual(made);
  expect(statSync(join(folder, 'self-signed.key')).mode & 0o077).toBe(0);
  expect(readFileSync(join(folder, 'self-signed.crt'), 'utf8')).toBe(made.cert);
});

test.each([
  ['it expires soon', names, NOW_MS + 780 * DAY_MS],
  ['the machine has another address', [...names, '192.168.7.10'], NOW_MS],
])('another one is made when %s', (_, later, nowMs) => {
  const folder = newFolder();
  const made = selfSignedPair(folder, names, NOW_MS);
  expect(selfSignedPair(folder, later, nowMs).fingerprint).not.toBe(made.fingerprint);
});

test('a damaged one is made anew', () => {
  const folder = newFolder();
  selfSignedPair(folder, names, NOW_MS);
  writeFileSync(join(folder, 'self-signed.crt'), 'rubbish');
  expect(
    new X509Certificate(selfSignedPair(folder, names, NOW_MS).cert).checkHost('barn.local'),
  ).toBeDefined();
});

test('without a folder nothing is kept', () => {
  expect(selfSignedPair(undefined, names, NOW_MS).cert).not.toBe(
    selfSignedPair(undefined, names, NOW_MS).cert,
  );
});

test('the words hold addresses to open, the fingerprint, and how to keep it', () => {
  const pair = makeSelfSigned(names, NOW_MS);
  const words = selfSignedWords(pair, names, 8443, false).join('\n');
  expect(words).toContain('https://192.168.7.9:8443');
  expect(words).not.toContain('::1');
  expect(words).toContain(pair.fingerprint);
  expect(words).toContain('--data-dir');
});

test('this machine has names that fit into a certificate', () => {
  const certificate = new X509Certificate(makeSelfSigned(localNames(), NOW_MS).cert);
  for (const name of localNames())
    expect(isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name), name).toBeDefined();
});
