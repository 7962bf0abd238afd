/**
 * HTTPS for a local network without a certificate authority: a pair that the supernode makes itself, keeps in its data folder, and makes
 * anew when it expires or the machine has got other addresses. Browsers warn once; whoever compares the fingerprint is safe.
 */
import { X509Certificate } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { makeSelfSigned, type SelfSigned } from './self-signed-certificate.ts';
import { expiryOf, readTlsFiles, TlsError } from './tls-files.ts';

const CERT_FILE = 'self-signed.crt';
const KEY_FILE = 'self-signed.key';
const OWNER_ONLY = 0o600;
const FOLDER_OWNER_ONLY = 0o700;
/** A kept pair is made anew when it is good for less than that. */
const RENEWED_BEFORE_MS = 30 * 86_400_000;
/** Addresses in one certificate; machines with containers have dozens. */
const NAMES_MAX = 32;

/** The names and addresses by which this machine can be reached in its network, `localhost` first. */
export function localNames(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    // Link-local addresses of IPv6 need a zone, which no browser takes.
    .filter(({ address }) => !address.startsWith('fe80:'))
    .map(({ address }) => address);
  const host = hostname().toLowerCase();
  const named = /^[a-z0-9.-]{1,63}$/.test(host)
    ? [host, ...(host.includes('.') ? [] : [`${host}.local`])]
    : [];
  return [...new Set(['localhost', ...named, '127.0.0.1', '::1', ...addresses])].slice(0, NAMES_MAX);
}

/**
 * The kept pair, if it is good for these names for a while yet, or else a new one, which is then kept. Throws `TlsError`.
 * @param folder where it is kept; undefined: nowhere
 */
export function selfSignedPair(
  folder: string | undefined,
  names: readonly string[],
  nowMs: number,
): SelfSigned {
  const kept = folder === undefined ? undefined : keptPair(folder, names, nowMs);
  if (kept) return kept;
  const made = makeSelfSigned(names, nowMs);
  if (folder !== undefined) keep(folder, made);
  return made;
}

function keptPair(folder: string, names: readonly string[], nowMs: number): SelfSigned | undefined {
  try {
    const files = readTlsFiles(join(folder, CERT_FILE), join(folder, KEY_FILE));
    const certificate = new X509Certificate(files.cert);
    const covers = (name: string) =>
      (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
    const good = expiryOf(files) - nowMs > RENEWED_BEFORE_MS && names.every(covers);
    return good ? { ...files, fingerprint: certificate.fingerprint256 } : undefined;
  } catch (error) {
    // Not there yet, or damaged: either way a new one is made.
    if (error instanceof TlsError) return undefined;
    throw error;
  }
}

function keep(folder: string, { cert, key }: SelfSigned): void {
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_OWNER_ONLY });
    writeFileSync(join(folder, KEY_FILE), key, { mode: OWNER_ONLY });
    writeFileSync(join(folder, CERT_FILE), cert);
  } catch (error) {
    throw new TlsError(`The self-signed certificate cannot be kept in ${folder} (--data-dir).`, {
      cause: error,
    });
  }
}

/** What people need to open the page from another machine, in lines. */
export function selfSignedWords(
  { fingerprint }: SelfSigned,
  names: readonly string[],
  port: number,
  kept: boolean,
): string[] {
  const addresses = names.filter((name) => isIP(name) === 4 && !name.startsWith('127.'));
  const urls = addresses.map((address) => `https://${address}:${port}`);
  return [
    urls.length > 0
      ? `From other machines in this network: ${urls.join(' or ')}`
      : 'This machine has no address in a network.',
    'Their browsers warn, since nobody else vouches for this certificate. Compare its fingerprint (SHA-256), then go on (“Advanced”):',
    fingerprint,
    ...(kept ? [] : ['It is a new one at each start; with --data-dir it stays.']),
  ];
}
