import { expect, test } from 'vitest';
import { defaultPreferences, PreferenceStore, readPreferences } from './preferences.ts';

test.each([undefined, null, 7, 'x', [], {}])('%j reads as the defaults', (stored) => {
  expect(readPreferences(stored)).toEqual(defaultPreferences);
});

test('each damaged field falls back alone', () => {
  const stored = {
    hostSlots: 0,
    viewerSlots: 0,
    volume: 1.5,
    title: 'a\nb',
    source: 'moon',
    bitsPerSecond: -1,
    camera: 7,
    extra: 1,
  };
  expect(readPreferences(stored)).toEqual({ ...defaultPreferences, viewerSlots: 0, title: 'a b' });
});

test.each([0, 0.05, 1_001, '5', Number.NaN, null])('%j Mbit/s is no limit', (uploadMbitMax) => {
  expect(readPreferences({ uploadMbitMax }).uploadMbitMax).toBeUndefined();
});

test('what a viewer agreed to is remembered only if it is exactly that', () => {
  const agreed = { uploadMbitMax: 2.5, shareWhenMetered: true, sharingNoticed: true };
  expect(readPreferences(agreed)).toMatchObject(agreed);
  expect(readPreferences({ shareWhenMetered: 1, sharingNoticed: 'yes' })).toEqual(defaultPreferences);
});

test('whether they are kept is known', async () => {
  const storage = (durable: boolean) => ({
    get: async () => undefined,
    set: async () => undefined,
    durable: async () => durable,
  });
  expect((await PreferenceStore.open(storage(true))).kept).toBe(true);
  expect((await PreferenceStore.open(storage(false))).kept).toBe(false);
});

test('what was changed is read again', async () => {
  const kept = new Map<string, unknown>();
  const storage = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: unknown) => void kept.set(key, value),
  };
  const store = await PreferenceStore.open(storage);
  store.change({ viewerSlots: 5 });
  store.change({ volume: 0.5 });
  expect((await PreferenceStore.open(storage)).value).toEqual({
    ...defaultPreferences,
    viewerSlots: 5,
    volume: 0.5,
  });
});

test('a browser that refuses storage leaves a page that works', async () => {
  const refuse = () => Promise.reject(new Error('denied'));
  const store = await PreferenceStore.open({ get: refuse, set: refuse });
  store.change({ title: 'still here' });
  expect(store.value.title).toBe('still here');
});
