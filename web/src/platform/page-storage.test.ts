import { expect, it } from 'vitest';
import { PageStorage } from './page-storage.ts';

it('falls back to memory where the browser has no database, and says so', async () => {
  const storage = new PageStorage(undefined);
  expect(await storage.durable()).toBe(false);
  await storage.set('a', 1);
  expect(await storage.get('a')).toBe(1);
  expect(await storage.get('b')).toBeUndefined();
});

it('falls back to memory where the first write is refused', async () => {
  const storage = new PageStorage(() => Promise.reject(new Error('blocked')));
  await storage.set('a', 1);
  expect(await storage.durable()).toBe(false);
  expect(await storage.get('a')).toBe(1);
});

it('does not quietly fall back later: a write that fails after the first is an error', async () => {
  let writes = 0;
  const storage = new PageStorage(async () => {
    if (++writes > 1) throw new Error('disk full');
    return undefined as never;
  });
  expect(await storage.durable()).toBe(true);
  await expect(storage.set('a', 1)).rejects.toThrow('disk full');
});
