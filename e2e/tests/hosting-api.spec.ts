// `host` of the package, as a page of another site calls it: with a stream of its own and with everything else that it takes, and what
// it says to arguments that are none.

import { fileURLToPath } from 'node:url';
import { EmbeddingPage } from '../support/embedding-page.ts';
import {
  expectMovingPixels,
  expectTrueColours,
  PICTURES_A_SECOND,
  seesPictures,
} from '../support/expect-pictures.ts';
import { expect, type Swarm, test } from '../support/swarm.ts';
import type { ViewerPage } from '../support/viewer-page.ts';

/** A tab that is looked at closely on a busy machine; usual are 100 ms. */
const SEEN_WITHIN_MS = 5_000;

const opened: EmbeddingPage[] = [];
async function open(swarm: Swarm): Promise<EmbeddingPage> {
  const embedding = await EmbeddingPage.open(swarm.browser, swarm.supernode.url);
  opened.push(embedding);
  return embedding;
}
test.afterEach(async () => {
  for (const embedding of opened.splice(0)) await embedding.close();
});

test('the example goes live with what it draws, and is seen and heard', async ({ swarm }) => {
  const { page, complaints } = await open(swarm);
  await page.getByRole('button', { name: 'Go live' }).click();
  await expect(page.getByRole('status')).toHaveText('live, 0 watching');
  const link = await page.getByLabel('Link to watch').inputValue();
  const viewer = await swarm.viewer(link);
  await seesPictures(viewer, PICTURES_A_SECOND);
  await expectMovingPixels(viewer);
  await expect(viewer.page.getByText('Drawn live').first()).toBeVisible();
  await viewer.page.getByRole('button', { name: 'Tap for sound' }).click();
  await expect.poll(async () => (await viewer.sound()).audible).toBeGreaterThan(2);
  await expect(page.getByRole('status')).toHaveText('live, 1 watching');

  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('status')).toHaveText('ended, 0 watching');
  await expect(viewer.page.getByText('The host has been silent', { exact: false }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Go live' }).click();
  await expect(page.getByRole('status')).toHaveText(/^live/);
  expect(await page.getByLabel('Link to watch').inputValue(), 'the same link').toBe(link);
  await seesPictures(viewer, PICTURES_A_SECOND);
  expect([...complaints, ...swarm.complaints]).toEqual([]);
});

test('every picture of a stream of the page’s own arrives whole, and the stream stays the page’s', async ({
  swarm,
}) => {
  const host = await open(swarm);
  const link = await host.host(
    () => Object.assign(globalThis, { own: globalThis.ownStream?.('picture', 'sound') }).own,
    { title: 'My own' },
  );
  expect(link).toContain(`${swarm.supernode.url}/#/watch/`);
  const viewer = await swarm.viewer(String(link));
  await seesPictures(viewer, 2 * PICTURES_A_SECOND);
  await expectOwnPictures(viewer);
  await expectTrueColours(viewer);
  expect((await viewer.figure('Size')).text).toBe('640 × 360');
  await viewer.page.getByRole('button', { name: 'Tap for sound' }).click();
  await expect.poll(async () => (await viewer.sound()).audible).toBeGreaterThan(2);

  await test.step('`watch` of the package shows it, too', async () => {
    const other = await open(swarm);
    await other.page.evaluate((to) => {
      globalThis.murmuration?.watch(to, { element: document.body });
    }, String(link));
    const canvas = other.page.getByRole('img', { name: 'Live picture' });
    await expect.poll(async () => Number(await canvas.getAttribute('data-painted'))).toBeGreaterThan(20);
    await expect.poll(async () => (await host.status())?.viewers).toBe(2);
    expect(other.complaints).toEqual([]);
  });

  await test.step('a pause touches none of its tracks', async () => {
    await host.page.evaluate(() => globalThis.hosting?.setPaused(true));
    await expect.poll(() => host.told()).toEqual(['paused']);
    expect(await ownTracks(host)).toEqual(['audio live true', 'video live true']);
    await host.page.evaluate(() => globalThis.hosting?.setPaused(false));
    await expect.poll(() => host.told()).toEqual(['paused', 'live']);
  });

  await test.step('nor does another source in its place', async () => {
    expect(await host.change(() => 'pattern')).toBeUndefined();
    await expect
      .poll(() => host.page.evaluate(() => globalThis.hosting?.preview?.ariaLabel))
      .toBe('Test pattern');
    expect(await ownTracks(host)).toEqual(['audio live true', 'video live true']);
  });

  await test.step('when the page stops it, viewers see a card, and the page is told', async () => {
    await host.change(() => (globalThis as { own?: MediaStream }).own);
    await seesPictures(viewer, PICTURES_A_SECOND);
    await host.page.evaluate(() => {
      for (const track of (globalThis as { own?: MediaStream }).own?.getVideoTracks() ?? []) track.stop();
    });
    await expect.poll(async () => (await host.status())?.phase).toBe('between-sources');
    expect((await host.told()).at(-1)).toContain('What was shown has ended');
    await seesPictures(viewer, 5);
    // What is left of it is its sound.
    expect(await host.change(() => (globalThis as { own?: MediaStream }).own)).toBeUndefined();
    await expect.poll(async () => (await host.status())?.phase).toBe('live');
    const { audible } = await viewer.sound();
    await expect.poll(async () => (await viewer.sound()).audible).toBeGreaterThan(audible + 20);
  });

  await test.step('`stop` ends it for all, once', async () => {
    await host.page.evaluate(() => {
      globalThis.hosting?.stop();
      globalThis.hosting?.stop();
    });
    await expect.poll(async () => (await host.status())?.phase).toBe('ended');
    expect((await host.told()).filter((event) => event === 'ended')).toHaveLength(1);
    expect(await ownTracks(host)).toEqual(['audio live true', 'video ended true']);
    await expect(viewer.page.getByText('The host has been silent', { exact: false }).first()).toBeVisible();
  });
  expect([...host.complaints, ...swarm.complaints]).toEqual([]);
});

test('pattern, devices, screen and files go live by their names, with one link', async ({ swarm }) => {
  const host = await open(swarm);
  await host.page.evaluate(() =>
    document.body.append(Object.assign(document.createElement('input'), { type: 'file' })),
  );
  await host.page
    .locator('input[type=file]')
    .setInputFiles(fileURLToPath(new URL('../clips/sparse-keys.mp4', import.meta.url)));
  const link = await host.host(() => 'pattern', { bitsPerSecond: 1_600_000 });
  const viewer = await swarm.viewer(String(link));
  const expectSize = (size: RegExp) =>
    expect.poll(async () => (await viewer.figure('Size')).text).toMatch(size);
  await seesPictures(viewer, PICTURES_A_SECOND);
  await expectSize(/^852 × 480$/);
  await host.page.evaluate(() => globalThis.hosting?.setBitrate(1_000_000));
  await expectSize(/^640 × 360$/);

  for (const [source, label, size] of [
    [() => ({ kind: 'camera', microphone: 'none' }), 'Your camera', /^640 × 360$/],
    [
      () => document.querySelector<HTMLInputElement>('input[type=file]')?.files?.[0],
      undefined,
      /^320 × 180$/,
    ],
    [() => 'microphone', 'Sound only. This stream has no picture', /^640 × 360$/],
    [() => 'screen', 'What you share', /×/],
    [() => globalThis.ownStream?.('sound'), 'Sound only. This stream has no picture', /^640 × 360$/],
    [() => globalThis.ownStream?.('picture'), 'What goes out', /^640 × 360$/],
    [() => 'camera', 'Your camera', /^640 × 360$/],
  ] as const) {
    await test.step(String(source), async () => {
      expect(await host.change(source)).toBeUndefined();
      expect((await host.status())?.trouble).toBeUndefined();
      if (label) expect(await host.page.evaluate(() => globalThis.hosting?.preview?.ariaLabel)).toBe(label);
      await seesPictures(viewer, 10);
      await expectSize(size);
    });
  }
  expect(await host.page.evaluate(() => globalThis.hosting?.link)).toBe(link);
  expect(await viewer.number('Rejected')).toBe(0);
  expect([...host.complaints, ...swarm.complaints]).toEqual([]);
});

test('what cannot be hosted is said, with what to do, and changes nothing that is live', async ({
  swarm,
}) => {
  const host = await open(swarm);
  const empty = () => new MediaStream();
  const over = () => {
    const stream = globalThis.ownStream?.('picture');
    for (const track of stream?.getTracks() ?? []) track.stop();
    return stream;
  };
  const refusals: [() => unknown, object, string, string][] = [
    [() => 'webcam', {}, 'bad-source', 'Give “pattern”, “camera”'],
    [() => undefined, {}, 'bad-source', 'or a MediaStream'],
    [() => document.querySelector('canvas'), {}, 'bad-source', 'or a MediaStream'],
    [empty, {}, 'source-failed', 'neither picture nor sound. Add a track to it first'],
    [over, {}, 'source-failed', 'have ended. Make a new one'],
    [() => new Blob(['no film']), {}, 'source-failed', 'could not be read as a video'],
    [() => 'pattern', { supernodes: ['live.example'] }, 'bad-supernode', 'looks like https://live.example'],
    [() => 'pattern', { supernodes: [] }, 'bad-option', 'supernodes has to be'],
    [() => 'pattern', { bitsPerSecond: 1 }, 'bad-option', 'bitsPerSecond has to be'],
    [() => 'pattern', { title: 7 }, 'bad-option', 'title has to be'],
  ];
  for (const [source, options, reason, words] of refusals)
    expect(await host.host(source, options)).toEqual({ reason, message: expect.stringContaining(words) });

  const link = await host.host(() => 'pattern');
  expect(link, 'none of them is in the way').toContain('/#/watch/');
  expect(await host.host(() => 'pattern')).toMatchObject({ reason: 'already-hosting' });
  expect(await host.change(() => 'webcam')).toMatchObject({ reason: 'bad-source' });
  expect(await host.status()).toMatchObject({ phase: 'live', trouble: undefined });
  expect(await host.change(empty)).toBeUndefined();
  expect(await host.status()).toMatchObject({
    phase: 'live',
    trouble: expect.stringContaining('Add a track to it first'),
  });
  expect(await host.page.evaluate(() => globalThis.hosting?.preview?.ariaLabel), 'goes on').toBe(
    'Test pattern',
  );
  await expect.poll(async () => (await host.told()).at(-1)).toContain('trouble: This MediaStream');
  expect(host.complaints).toEqual([]);
});

/** Pictures may come twice where the canvas was not painted in time, but each is whole, and none is older than the one before. */
async function expectOwnPictures(viewer: ViewerPage): Promise<void> {
  const { painted, ...seen } = await viewer.probe();
  expect(seen).toMatchObject({ blank: 0, unreadable: 0, torn: 0, backwards: [] });
  expect(painted.length).toBeGreaterThan(PICTURES_A_SECOND);
  for (const { atMs, codeMs } of painted)
    expect(atMs - codeMs, 'painted before it is seen').toBeGreaterThan(0);
  expect(Math.min(...painted.map(({ atMs, codeMs }) => atMs - codeMs))).toBeLessThan(SEEN_WITHIN_MS);
}

/** What became of the page's own tracks. */
const ownTracks = (host: EmbeddingPage): Promise<string[]> =>
  host.page.evaluate(() =>
    ((globalThis as { own?: MediaStream }).own?.getTracks() ?? [])
      .map(({ kind, readyState, enabled }) => `${kind} ${readyState} ${enabled}`)
      .sort(),
  );
