// What a page holds after its garbage was collected. Two parts: what its scripts hold, and the code that the browser has compiled of
// them, which grows for minutes while more functions turn out to be worth a better compilation, and ends with the scripts' own size.

import type { CDPSession, Page } from 'playwright';

/** Objects that became garbage with the first collection are gone after the second. */
const COLLECTIONS = 2;

/** Bytes on the heap and in the contents of buffers, code included. */
export async function usedBytes(page: Page): Promise<number> {
  return inSession(page, async (session) => {
    for (let i = 0; i < COLLECTIONS; i++) await session.send('HeapProfiler.collectGarbage');
    const usage = await session.send('Runtime.getHeapUsage');
    // Contents of buffers lie outside the heap; older versions of Chromium do not tell of them.
    const { backingStorageSize = 0 } = usage as { readonly backingStorageSize?: number };
    return usage.usedSize + backingStorageSize;
  });
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
