// What a page with its workers holds after its garbage was collected. Two parts: what scripts and document hold, and the code that the
// browser has compiled of the page's scripts, which grows for minutes while more functions turn out to be worth a better compilation.

import type { CDPSession, Page } from 'playwright';
import { sessionsOfWorkers } from './worker-sessions.ts';

/** Objects that became garbage with the first collection are gone after the second. */
const COLLECTIONS = 2;

/** What is asked of a page, and of each of its workers. https://chromedevtools.github.io/devtools-protocol/ */
type Ask = (method: string) => Promise<unknown>;

interface HeapUsage {
  /** Bytes on the heap of the scripts, code included. */
  readonly usedSize: number;
  /** Bytes of the document, and of whatever else the browser keeps for the scripts: connections, say, and pictures. */
  readonly embedderHeapUsedSize?: number;
  /** Bytes of the contents of buffers, which lie outside the heaps. */
  readonly backingStorageSize?: number;
}

/** Bytes of a page and its workers, by where they lie. */
export interface HeldBytes {
  /** On the heaps of the scripts, code included. */
  readonly scripts: number;
  readonly document: number;
  /** The contents of buffers. */
  readonly buffers: number;
}

export const totalBytes = ({ scripts, document, buffers }: HeldBytes): number => scripts + document + buffers;

export async function heldBytes(page: Page): Promise<HeldBytes> {
  return inSession(page, async (session) => {
    const threads: Ask[] = [(method) => session.send(method as 'Runtime.getHeapUsage')];
    threads.push(...(await sessionsOfWorkers(session)));
    const held = await Promise.all(threads.map(heldBytesOf));
    const sum = (key: keyof HeldBytes): number => held.reduce((bytes, one) => bytes + one[key], 0);
    return { scripts: sum('scripts'), document: sum('document'), buffers: sum('buffers') };
  });
}

async function heldBytesOf(ask: Ask): Promise<HeldBytes> {
  for (let i = 0; i < COLLECTIONS; i++) await ask('HeapProfiler.collectGarbage');
  const usage = (await ask('Runtime.getHeapUsage')) as HeapUsage;
  // Older versions of Chromium tell of the first only.
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = usage;
  return { scripts: usedSize, document: embedderHeapUsedSize, buffers: backingStorageSize };
}

/** The part of a heap snapshot that is read here. https://v8.dev/docs, `v8/src/profiler/heap-snapshot-generator.cc` */
interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly (string | readonly string[])[];
    };
  };
  /** So many numbers for each node as it has fields. */
  readonly nodes: readonly number[];
}

/** Bytes of those that are code: compiled functions and what is known of how they are called. Stops the page for about a second. */
export async function codeBytes(page: Page): Promise<number> {
  const parts: string[] = [];
  await inSession(page, async (session) => {
    session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => parts.push(chunk));
    await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  });
  const { snapshot, nodes }: HeapSnapshot = JSON.parse(parts.join(''));
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, sizeAt] = [fields.indexOf('type'), fields.indexOf('self_size')];
  const code = types[typeAt]?.indexOf('code') ?? -1;
  if (typeAt < 0 || sizeAt < 0 || code < 0)
    throw new Error('This heap snapshot does not tell code from data.');
  let bytes = 0;
  for (let node = 0; node < nodes.length; node += fields.length) {
    if (nodes[node + typeAt] === code) bytes += nodes[node + sizeAt] ?? 0;
  }
  return bytes;
}

async function inSession<T>(page: Page, use: (session: CDPSession) => Promise<T>): Promise<T> {
  const session = await page.context().newCDPSession(page);
  try {
    return await use(session);
  } finally {
    await session.detach();
  }
}
