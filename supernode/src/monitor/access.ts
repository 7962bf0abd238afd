/** Who may see the monitor: anybody, or whoever has the operator's token. Compared in constant time, and only as a hash. */
import { hash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { MonitorError } from './monitor-error.ts';

const TOKEN_CHARACTERS_MIN = 16;
export const TOKEN_CHARACTERS_MAX = 200;

/** The token in a file, without the line break at its end. Throws {@link MonitorError}. */
export function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new MonitorError(`The monitor’s token in ${file} cannot be read.`, { cause: error });
  }
  if (token.length >= TOKEN_CHARACTERS_MIN && token.length <= TOKEN_CHARACTERS_MAX) return token;
  throw new MonitorError(
    `The monitor’s token in ${file} must have ${TOKEN_CHARACTERS_MIN} to ${TOKEN_CHARACTERS_MAX} characters. Make one: openssl rand -hex 16 > ${file}`,
  );
}

export const isToken = (given: string, token: string): boolean =>
  timingSafeEqual(digest(given), digest(token));

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
