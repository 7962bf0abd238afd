/**
 * The storage port of a page: IndexedDB through idb-keyval. Where the browser refuses it (site data blocked, some private windows)
 * values live in memory and `durable` says so. That is decided once, by a trial write: a value that was promised to be on disk
 * never quietly ends up in memory.
 */
import type { Storage } from '@murmuration/shared/node/ports.ts';
import { get, promisifyRequest, set, type UseStore } from 'idb-keyval';

const DATABASE = 'murmuration';
const STORE = 'values';
const TRIAL_KEY = 'trial';

export class PageStorage implements Storage {
  readonly #store: UseStore | undefined;
  readonly #memory = new Map<string, unknown>();
  #trial: Promise<boolean> | undefined;

  /** @param store for tests; the page's database otherwise */
  constructor(store: UseStore | undefined = pageStore()) {
    this.#store = store;
  }

  /** False if values are gone when the page closes. */
  durable(): Promise<boolean> {
    this.#trial ??= this.#tryWriting();
    return this.#trial;
  }

  async get(key: string): Promise<unknown> {
    return (await this.durable()) ? get(key, this.#store) : this.#memory.get(key);
  }

  /** Resolves once the value is on disk (or in memory, if that is all there is); rejects if the disk is full, for example. */
  async set(key: string, value: unknown): Promise<void> {
    if (await this.durable()) await set(key, value, this.#store);
    else this.#memory.set(key, value);
  }

  async #tryWriting(): Promise<boolean> {
    if (!this.#store) return false;
    try {
      await set(TRIAL_KEY, 1, this.#store);
      return true;
    } catch {
      return false;
    }
  }
}

/** A store whose writes are flushed to disk before they count as done; idb-keyval's own may only have reached a buffer. */
function pageStore(): UseStore | undefined {
  if (typeof indexedDB === 'undefined') return undefined;
  let opening: Promise<IDBDatabase> | undefined;
  const open = (): Promise<IDBDatabase> => {
    opening ??= openDatabase(() => {
      opening = undefined;
    });
    return opening;
  };
  return async (mode, use) => {
    const transaction = (await open()).transaction(STORE, mode, { durability: 'strict' });
    return use(transaction.objectStore(STORE));
  };
}

/** @param lost is called when the browser closed the database, or never opened it */
async function openDatabase(lost: () => void): Promise<IDBDatabase> {
  try {
    const request = indexedDB.open(DATABASE);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    const database = await promisifyRequest(request);
    database.onclose = lost;
    return database;
  } catch (cause) {
    lost();
    throw cause;
  }
}
