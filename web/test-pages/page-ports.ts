/** Checks the page's clock, storage and keys in a real browser: what Node's stand-ins for them cannot show. */
import { equalBytes } from '@murmuration/shared/lib/bytes.ts';
import { PageClock } from '../src/platform/page-clock.ts';
import { PageStorage } from '../src/platform/page-storage.ts';
import { type HostIdentity, openHostIdentity } from '../src/platform/web-crypto.ts';
import { expectEqual, runCases } from './run-cases.ts';

async function open(): Promise<HostIdentity> {
  const identity = await openHostIdentity(new PageStorage());
  if (identity === 'held-by-another-tab') throw new Error(identity);
  return identity;
}

/** How late a timer of 50 ms runs, in ms. */
function lateness(clock: PageClock): Promise<number> {
  const atMs = clock.now() + 50;
  return new Promise((resolve) => clock.schedule(atMs, () => resolve(clock.now() - atMs)));
}

/** A page that is never shown has its own timers slowed down to one a second. */
async function withThrottledTimers<T>(use: () => Promise<T>): Promise<T> {
  const own = globalThis.setTimeout;
  globalThis.setTimeout = ((callback: () => void, delayMs = 0) => own(callback, delayMs + 1_000)) as never;
  try {
    return await use();
  } finally {
    globalThis.setTimeout = own;
  }
}

void runCases([
  {
    name: 'a timer runs on time, never early',
    run: async () => {
      for (let i = 0; i < 10; i++) {
        const lateMs = await lateness(new PageClock());
        expectEqual(lateMs >= 0 && lateMs < 100, true);
      }
    },
  },
  {
    name: "a timer runs on time while the page's own are throttled",
    run: () =>
      withThrottledTimers(async () => {
        const lateMs = await lateness(new PageClock());
        expectEqual(lateMs >= 0 && lateMs < 500, true);
      }),
  },
  {
    name: 'storage is durable, and another one of the same origin reads what was written',
    run: async () => {
      const storage = new PageStorage();
      expectEqual(await storage.durable(), true);
      await storage.set('test', Uint8Array.of(1, 2, 3));
      const read = await new PageStorage().get('test');
      expectEqual(read instanceof Uint8Array && equalBytes(read, Uint8Array.of(1, 2, 3)), true);
      expectEqual(await storage.get('never set'), undefined);
    },
  },
  {
    name: "the host's key is kept, signs again, and cannot be extracted",
    run: async () => {
      const first = await open();
      first.release();
      const second = await open();
      second.release();
      expectEqual(first.kept, true);
      expectEqual(equalBytes(first.crypto.publicKey, second.crypto.publicKey), true);
      const bytes = Uint8Array.of(1);
      const signature = await second.crypto.sign(bytes);
      expectEqual(await first.crypto.verify(first.crypto.publicKey, signature, bytes), true);
      const { privateKey } = (await new PageStorage().get('host-key')) as CryptoKeyPair;
      expectEqual(privateKey.extractable, false);
    },
  },
  {
    name: "the host's key is held by one at a time",
    run: async () => {
      const first = await open();
      expectEqual(await openHostIdentity(new PageStorage()), 'held-by-another-tab');
      first.release();
      (await open()).release();
    },
  },
]);
