/** Where the gateway keeps the keys of streams that are to have the same id again: one file for each name, in a folder of its owner alone. */
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const OWNER_ONLY = 0o700;

/** As the XDG base directory specification says: `$XDG_STATE_HOME`, if it is absolute, else `~/.local/state`. */
export function usualKeyFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_STATE_HOME: stated = '' } = environment;
  const state = isAbsolute(stated) ? stated : join(homedir(), '.local', 'state');
  return join(state, 'murmuration', 'keys');
}

/** @param name of letters, digits, _ and -, so that it leads nowhere else. Rejects with the error of the system. */
export async function keyFileIn(folder: string, name: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: OWNER_ONLY });
  return join(folder, `${name}.key`);
}
