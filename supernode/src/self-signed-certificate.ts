/**
 * A certificate that vouches for itself: X.509 v3 (RFC 5280), P-256 with SHA-256, written out in DER because Node.js reads
 * certificates but makes none, and packages that do bring twenty others along. Left out: everything that a certificate for one server
 * does not need.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP, SocketAddress } from 'node:net';
import type { TlsFiles } from './tls-files.ts';

/** Browsers of Apple take none that is good for longer than 825 days. */
const GOOD_FOR_DAYS = 800;
const DAY_MS = 86_400_000;
/** Clocks of other machines may be a little behind. */
const BACKDATED_MS = DAY_MS;

export interface SelfSigned extends TlsFiles {
  /** SHA-256 over the certificate as browsers show it: `AB:CD:…`. */
  readonly fingerprint: string;
}

/**
 * Makes a key, and a certificate for these names.
 * @param names host names and IP addresses, at least one; the first is also the certificate's own name
 */
export function makeSelfSigned(names: readonly string[], nowMs: number): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const subject = nameOf(names[0] ?? 'localhost');
  const body = sequence(
    tagged(0, integer(Uint8Array.of(2))),
    integer(serialNumber()),
    ecdsaWithSha256,
    subject,
    sequence(time(nowMs - BACKDATED_MS), time(nowMs + GOOD_FOR_DAYS * DAY_MS)),
    subject,
    spki,
    tagged(3, sequence(...extensions(names, spki))),
  );
  const signature = sign('sha256', body, { key: privateKey, dsaEncoding: 'der' });
  const der = sequence(body, ecdsaWithSha256, bitString(signature));
  const base64 = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  const cert = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { cert, key, fingerprint: new X509Certificate(cert).fingerprint256 };
}

function extensions(names: readonly string[], spki: Uint8Array): Uint8Array[] {
  const keyId = createHash('sha1').update(spki).digest();
  // A server that is its own root: systems that are told to trust it want the one, browsers the other.
  const basicConstraints = sequence(boolean(true));
  const digitalSignatureAndCertSign = element(0x03, Uint8Array.of(2, 0b1000_0100));
  return [
    extension([2, 5, 29, 19], basicConstraints, true),
    extension([2, 5, 29, 15], digitalSignatureAndCertSign, true),
    extension([2, 5, 29, 37], sequence(objectId([1, 3, 6, 1, 5, 5, 7, 3, 1]))),
    extension([2, 5, 29, 14], element(0x04, keyId)),
    extension([2, 5, 29, 17], sequence(...names.map(alternativeName))),
  ];
}

function extension(id: readonly number[], value: Uint8Array, critical = false): Uint8Array {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), element(0x04, value));
}

/** GeneralName: dNSName [2] or iPAddress [7]. */
function alternativeName(name: string): Uint8Array {
  return isIP(name) === 0 ? element(0x82, Buffer.from(name, 'latin1')) : element(0x87, addressBytes(name));
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.'), Number);
  // The platform writes it in its shortest form; what `::` stands for is filled in, and an IPv4 tail written as two groups.
  const shortest = new SocketAddress({ address, family: 'ipv6' }).address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a, b, c, d) =>
      [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((n) => n.toString(16)).join(':'),
  );
  const [before = '', after] = shortest.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const tail = after === undefined ? [] : groups(after);
  const head = groups(before);
  const all = [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return Uint8Array.from(
    all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}

/** 16 random bytes, positive and without a leading zero (RFC 5280, 4.1.2.2). */
function serialNumber(): Uint8Array {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function time(ms: number): Uint8Array {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  // Until 2049 with two digits of the year (UTCTime), then with four (RFC 5280, 4.1.2.5).
  return text < '2050' ? element(0x17, Buffer.from(text.slice(2))) : element(0x18, Buffer.from(text));
}

/** A distinguished name that has only a common name, of at most 64 letters. */
const nameOf = (name: string): Uint8Array =>
  sequence(element(0x31, sequence(objectId([2, 5, 4, 3]), element(0x0c, Buffer.from(name.slice(0, 64))))));

function objectId([first = 0, second = 0, ...rest]: readonly number[]): Uint8Array {
  const bytes = [40 * first + second];
  for (const part of rest) {
    const sevens = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) sevens.unshift((left & 127) | 128);
    bytes.push(...sevens);
  }
  return element(0x06, Uint8Array.from(bytes));
}

const boolean = (value: boolean): Uint8Array => element(0x01, Uint8Array.of(value ? 255 : 0));
const integer = (bytes: Uint8Array): Uint8Array => element(0x02, bytes);
const bitString = (bytes: Uint8Array): Uint8Array => element(0x03, Buffer.concat([Uint8Array.of(0), bytes]));
const sequence = (...parts: Uint8Array[]): Uint8Array => element(0x30, Buffer.concat(parts));
const tagged = (tag: number, part: Uint8Array): Uint8Array => element(0xa0 + tag, part);

/** Tag, length (short, or long with as few bytes as do), content. */
function element(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const lengthBytes =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Uint8Array.of(tag, ...lengthBytes), content]);
}

const ecdsaWithSha256 = sequence(objectId([1, 2, 840, 10045, 4, 3, 2]));
