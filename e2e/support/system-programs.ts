// Programs of the system that tests need: where they are, and how to get them where that is possible without asking.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const systemFolders = ['/usr/bin', '/usr/local/bin', '/snap/bin'];
const INSTALL_WITHIN_MS = 5 * 60_000;

/** Where programs of these names may be, the likeliest first. */
export function pathsOf(names: readonly string[]): string[] {
  const folders = [...new Set([...systemFolders, ...(process.env.PATH ?? '').split(delimiter)])];
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Installs a package of Debian or Ubuntu, if this is one and we may. False if not. */
export function installPackage(name: string): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  console.log(`Installing ${name} …`);
  return (
    run('apt-get', ['update', '-qq'], 'ignore', INSTALL_WITHIN_MS) &&
    run(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', name],
      ['ignore', 'ignore', 'inherit'],
      INSTALL_WITHIN_MS,
    )
  );
}

/** True if the program ended well. */
export function run(
  command: string,
  args: string[],
  stdio: 'ignore' | ['ignore', 'ignore', 'inherit'],
  timeoutMs?: number,
): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { stdio, env, ...(timeoutMs ? { timeout: timeoutMs } : {}) }).status === 0;
}
