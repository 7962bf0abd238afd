/**
 * Credentials for TURN servers that expire (the scheme of coturn's `use-auth-secret`, after draft-uberti-behave-turn-rest-00): the
 * server shares a secret with us and with nobody else, and checks the user name's time and its HMAC. PROTOCOL.md R37.
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PeerId } from '@murmuration/shared/lib/ids.ts';
import type { IceServer, IceServers } from '@murmuration/shared/wire/service-messages.ts';

/** A secret that cannot be used. `message` says what to do. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

const SECRET_CHARACTERS_MIN = 16;

/** The secret in a file, without the line break at its end. Throws {@link SecretError}. */
export function readSecret(file: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SecretError(`The secret for TURN in ${file} cannot be read.`, { cause: error });
  }
  if (secret.length >= SECRET_CHARACTERS_MIN) return secret;
  throw new SecretError(
    `The secret for TURN in ${file} has fewer than ${SECRET_CHARACTERS_MIN} characters. Make one: openssl rand -hex 32 > ${file}`,
  );
}

/**
 * What a client is told.
 * @param secret needed if there is a TURN server among the urls
 * @param now unix time, ms
 */
export function iceServersFor(
  urls: readonly string[],
  secret: string | undefined,
  lifetimeSeconds: number,
  peer: PeerId,
  now: number,
): Omit<IceServers, 'type'> {
  const username = `${Math.floor(now / 1_000) + lifetimeSeconds}:${peer}`;
  const servers = urls.flatMap((url): IceServer[] => {
    if (url.startsWith('stun:')) return [{ url, username: '', credential: '' }];
    if (secret === undefined) return [];
    const credential = createHmac('sha1', secret).update(username).digest('base64');
    return [{ url, username, credential }];
  });
  return { lifetimeSeconds, servers };
}
