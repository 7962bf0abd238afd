// What a page holds after its garbage was collected.

import type { Page } from 'playwright';

/** Objects that became garbage with the first collection are gone after the second. */
const COLLECTIONS = 2;

/** Bytes that scripts of the page hold: JavaScript objects, and the contents of their buffers. */
export async function heldBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  try {
    for (let i = 0; i < COLLECTIONS; i++) await session.send('HeapProfiler.collectGarbage');
    const usage = await session.send('Runtime.getHeapUsage');
    // Contents of buffers lie outside the heap; older versions of Chromium do not tell of them.
    const { backingStorageSize = 0 } = usage as { readonly backingStorageSize?: number };
    return usage.usedSize + backingStorageSize;
  } finally {
    await session.detach();
  }
}
