/**
 * Keeps a second process off a file. Node.js has no `flock`, and a file with a process id in it outlives its process: so whoever holds the
 * lock listens on a socket beside the file, which the system closes when the process ends, however it ends. Two processes that both clear
 * away a dead one's socket in the same moment are not told apart.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { relative } from 'node:path';

/** Addresses of sockets are no longer anywhere: 104 on macOS, 108 on Linux. */
const SOCKET_PATH_BYTES_MAX = 103;

export interface FileLock {
  /** Lets others have it. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * @param file its absolute path, without symbolic links
 * @returns undefined if another process holds it. Rejects with the error of the system where nothing can be written beside the file,
 *   ENAMETOOLONG if its path is too long for a socket, EEXIST if something else has the socket's name.
 */
export async function takeFileLock(file: string): Promise<FileLock | undefined> {
  const address = addressOf(file);
  for (const clear of [true, false]) {
    try {
      return lockOf(await listening(address));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (!clear || (await isAlive(address))) return undefined;
      await clearAway(address);
    }
  }
  return undefined;
}

function addressOf(file: string): string {
  if (process.platform === 'win32') {
    return `\\\\.\\pipe\\murmuration-${createHash('sha256').update(file).digest('hex')}`;
  }
  const absolute = `${file}.lock`;
  const fromHere = relative(process.cwd(), absolute);
  const address = fromHere.length < absolute.length ? fromHere : absolute;
  if (Buffer.byteLength(address) <= SOCKET_PATH_BYTES_MAX) return address;
  throw Object.assign(new Error('The path is too long.'), { code: 'ENAMETOOLONG' });
}

async function listening(address: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(address);
  await once(server, 'listening');
  return server.unref();
}

function lockOf(server: Server): FileLock {
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** What a process left that ended without a word; anything else is not ours to remove. */
async function clearAway(address: string): Promise<void> {
  const there = await lstat(address).catch(() => undefined);
  if (there === undefined) return;
  if (!there.isSocket()) throw Object.assign(new Error(`${address} is in the way`), { code: 'EEXIST' });
  await unlink(address).catch(() => {});
}

async function isAlive(address: string): Promise<boolean> {
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
