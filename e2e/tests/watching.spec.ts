// What a viewer does with the player, and what happens to it: keys and buttons, a tab that is hidden or frozen, a browser without
// WebCodecs. What is asserted is what a person sees: the pixels of the picture and the words around it.

import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import {
  expectHonestPictures,
  expectMovingPixels,
  expectTrueColours,
  seesPictures,
} from '../support/expect-pictures.ts';
import { expect, test } from '../support/swarm.ts';
import { readPixels, type ViewerPage } from '../support/viewer-page.ts';

declare global {
  var soundUnknown: (() => boolean) | undefined;
  var sourceTypes: string[] | undefined;
  var copiedPictures: number | undefined;
  /** Chromium's own, which TypeScript does not know. */
  var documentPictureInPicture: { readonly window: Window | null } | undefined;
}

const clip = (name: string): string => fileURLToPath(new URL(`../clips/${name}`, import.meta.url));

/** A picture that was due is painted within this time, or it is not painted at all. */
const SETTLES_WITHIN_MS = 400;
const FROZEN_MS = 2_500;

test('buttons and keys pause, go live, and change the sound; a hidden tab decodes nothing', async ({
  swarm,
}) => {
  const host = await swarm.host();
  const viewer = await swarm.viewer(host.link);
  const { page } = viewer;
  await seesPictures(viewer, 10);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await expect(button('Live')).toBeEnabled();

  await test.step('a key pauses, and the live button goes on', async () => {
    await page.keyboard.press('k');
    await expect(page.getByText('Paused.', { exact: false })).toBeVisible();
    await expectStill(viewer);
    await viewer.resetProbe();
    await button('To the live edge').click();
    await seesPictures(viewer, 10);
    await expectLive(viewer);
  });

  await test.step('so does the button', async () => {
    await button('Pause').click();
    await expectStill(viewer);
    await button('Play').click();
    await seesPictures(viewer, 10);
  });

  await test.step('keys of the sound, and the list of keys', async () => {
    await expect(button('Tap for sound')).toBeVisible();
    await page.keyboard.press('m');
    await expect(button('Mute')).toBeVisible();
    await expect(button('Tap for sound')).toBeHidden();
    await expect.poll(async () => (await viewer.sound()).audible).toBeGreaterThan(2);
    await button('Mute').focus();
    await page.keyboard.press('ArrowDown');
    await expect(page.getByLabel('Volume')).toHaveValue('90');
    await page.keyboard.press('?');
    await expect(page.getByText('Louder, softer')).toBeVisible();
    await page.keyboard.press('?');
    await expect(page.getByText('Louder, softer')).toBeHidden();
    await page.getByLabel('Copies of the stream I pass on, at most').focus();
    await page.keyboard.press('m');
    await expect(button('Mute'), 'letters typed into a field are the field’s').toBeVisible();
  });

  await test.step('hidden and muted it decodes nothing, and is live at once when it is seen again', async () => {
    await setHidden(page, true);
    await seesPictures(viewer, 5);
    await button('Mute').click();
    await expectStill(viewer);
    const received = await viewer.number('From the host');
    await expect.poll(() => viewer.number('From the host'), 'frames still come').toBeGreaterThan(received);
    await viewer.resetProbe();
    await setHidden(page, false);
    await seesPictures(viewer, 10);
    await expectLive(viewer);
  });

  await test.step('full screen by key, and back', async () => {
    await page.getByRole('img', { name: 'Live picture' }).click();
    await page.keyboard.press('f');
    await expect(button('Leave full screen')).toBeVisible();
    await page.keyboard.press('f');
    await expect(button('Full screen')).toBeVisible();
  });

  expect(await viewer.number('Frames lost')).toBe(0);
  await expectHonestPictures([viewer]);
  expect(swarm.complaints).toEqual([]);
});

test('back from a frozen tab the picture is live within a second', async ({ swarm }) => {
  const host = await swarm.host();
  const viewer = await swarm.viewer(host.link);
  await seesPictures(viewer, 30);
  // The page's own thread stands still, as in a tab that is frozen or a computer that is busy.
  await viewer.page.evaluate((ms) => {
    const until = performance.now() + ms;
    while (performance.now() < until);
  }, FROZEN_MS);
  await viewer.resetProbe();
  const thawedMs = await viewer.page.evaluate(() => performance.timeOrigin + performance.now());
  await seesPictures(viewer, 30);
  const { painted } = await viewer.probe();
  const live = painted.find(({ atMs, codeMs }) => atMs - codeMs < 700);
  expect((live?.atMs ?? Number.POSITIVE_INFINITY) - thawedMs).toBeLessThan(1_000);
  await expectLive(viewer);
  await expectHonestPictures([viewer]);
});

test('a browser without WebCodecs shows the stream through Media Source Extensions', async ({ swarm }) => {
  const host = await swarm.host({ title: 'Without WebCodecs' });
  const viewer = await swarm.viewer(host.link, { without: ['VideoDecoder', 'AudioDecoder'] });
  await seesPictures(viewer, 60);
  await expectMovingPixels(viewer);
  await expect(viewer.page.getByRole('heading', { name: 'Without WebCodecs' })).toBeVisible();
  await viewer.page.getByRole('button', { name: 'Tap for sound' }).click();
  await viewer.page.getByRole('button', { name: 'Pause' }).click();
  await expectStill(viewer);
  await viewer.page.getByRole('button', { name: 'Play' }).click();
  await seesPictures(viewer, 30);
  await expectMovingPixels(viewer);
  const { blank, torn, backwards, painted } = await viewer.probe();
  expect({ blank, torn, backwards }).toEqual({ blank: 0, torn: 0, backwards: [] });
  const delays = painted.map(({ atMs, codeMs }) => atMs - codeMs).sort((a, b) => a - b);
  expect(delays[Math.floor(delays.length / 2)], 'the usual delay, ms').toBeLessThan(1_500);
  expect(swarm.complaints).toEqual([]);
});

test('a browser without WebCodecs shows and plays an H.264 file with reordered pictures', async ({
  swarm,
}) => {
  const host = await swarm.host({ source: { file: clip('h264-aac.mp4') } });
  const viewer = await swarm.viewer(host.link, {
    without: ['VideoDecoder', 'AudioDecoder'],
    prepare: noteSourceTypes,
  });
  const { page } = viewer;
  await seesPictures(viewer, 60);
  await expectMovingPixels(viewer);
  expect((await viewer.figure('Size')).text).toBe('640 × 360');
  expect(await page.evaluate(() => globalThis.sourceTypes)).toEqual([
    expect.stringMatching(/^video\/mp4; ?codecs="avc1\.64/),
    expect.stringMatching(/^audio\/mp4; ?codecs="mp4a/),
  ]);
  await page.getByRole('button', { name: 'Tap for sound' }).click();
  const before = await soundBytes(page);
  await expect.poll(() => soundBytes(page), 'sound is decoded').toBeGreaterThan(before);
  await seesPictures(viewer, 60);
  expect(await viewer.number('Frames lost')).toBe(0);
  expect(await viewer.number('Rejected')).toBe(0);
  expect(swarm.complaints).toEqual([]);
});

test('a browser that turns out not to know the sound goes on through Media Source Extensions, on the same canvas', async ({
  swarm,
}) => {
  const host = await swarm.host();
  const viewer = await swarm.viewer(host.link, { prepare: findSoundUnknown });
  const { page } = viewer;
  await seesPictures(viewer, 10);
  await expect.poll(() => page.evaluate(() => globalThis.soundUnknown?.()), 'asked for the sound').toBe(true);
  await expect(page.locator('video')).toBeAttached();
  await expect
    .poll(() => page.locator('video').evaluate((video) => (video as HTMLVideoElement).readyState))
    .toBeGreaterThan(2);
  await seesPictures(viewer, 60);
  await expectMovingPixels(viewer);
  await page.getByRole('button', { name: 'Tap for sound' }).click();
  const before = await soundBytes(page);
  await expect.poll(() => soundBytes(page), 'sound is decoded').toBeGreaterThan(before);
  expect(swarm.complaints).toEqual([]);
});

for (const { name, oldCopies } of [
  { name: 'pictures are copied where drawing them is dear', oldCopies: false },
  { name: 'and drawn by a browser that copies them only as they are', oldCopies: true },
]) {
  test(`${name}, in the same colours`, async ({ swarm }) => {
    const host = await swarm.host();
    const viewer = await swarm.viewer(host.link, { prepare: (page) => makeDrawingDear(page, oldCopies) });
    await expect.poll(() => viewer.page.evaluate(() => globalThis.copiedPictures)).toBeGreaterThan(0);
    await seesPictures(viewer, 30);
    const copied = (await viewer.page.evaluate(() => globalThis.copiedPictures)) ?? 0;
    if (oldCopies) expect(copied, 'tried once').toBe(1);
    else expect(copied).toBeGreaterThan(30);
    await expectMovingPixels(viewer);
    await expectHonestPictures([viewer]);
    await expectTrueColours(viewer);
    expect(swarm.complaints).toEqual([]);
  });
}

for (const { name, without } of [
  { name: 'a window for documents', without: [] },
  { name: 'a window for videos, where there is none for documents', without: ['documentPictureInPicture'] },
]) {
  test(`picture in picture, in ${name}`, async ({ swarm }) => {
    const host = await swarm.host();
    const viewer = await swarm.viewer(host.link, { without });
    const { page } = viewer;
    await seesPictures(viewer, 10);
    const button = page.getByRole('button', { name: 'Picture in picture' });
    const inWindow = page.getByText('The picture is in a window of its own.');

    await button.click();
    await expect(button).toHaveAttribute('aria-pressed', 'true');
    await expect(inWindow).toBeVisible();
    await expectMovingWindow(page);
    // Whoever has put the picture above other windows looks at it while this one is hidden.
    await setHidden(page, true);
    await expectMovingWindow(page);
    await setHidden(page, false);

    await page.keyboard.press('p');
    await expect(button).toHaveAttribute('aria-pressed', 'false');
    await expect(inWindow).toBeHidden();
    await seesPictures(viewer, 10);
    await expectMovingPixels(viewer);

    await button.click();
    await expectMovingWindow(page);
    await page.evaluate(() => {
      const { documentPictureInPicture: documents } = globalThis;
      if (documents) documents.window?.close();
      else document.exitPictureInPicture();
    });
    await expect(inWindow, 'the window was closed').toBeHidden();
    await seesPictures(viewer, 10);
    expect(swarm.complaints).toEqual([]);
  });
}

/** The picture in the small window is not blank, and it moves. */
async function expectMovingWindow(page: Page): Promise<void> {
  const pixels = async (): Promise<number[]> => {
    const picture = await page.evaluateHandle(
      () =>
        globalThis.documentPictureInPicture?.window?.document.querySelector('canvas') ??
        document.pictureInPictureElement,
    );
    const found = picture.asElement();
    return found ? found.evaluate(readPixels) : [];
  };
  const contrast = async (): Promise<number> => {
    const now = await pixels();
    return Math.max(...now) - Math.min(...now);
  };
  await expect.poll(contrast, 'not blank').toBeGreaterThan(50);
  const before = await pixels();
  await expect.poll(pixels, 'moving').not.toEqual(before);
}

/** Keeps what kinds of media the page feeds to media elements. */
async function noteSourceTypes(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const types: string[] = [];
    globalThis.sourceTypes = types;
    const add = MediaSource.prototype.addSourceBuffer;
    MediaSource.prototype.addSourceBuffer = function (type) {
      types.push(type);
      return add.call(this, type);
    };
  });
}

/** The answer comes when the test asks for it, so that pictures are painted before. */
async function findSoundUnknown(page: Page): Promise<void> {
  await page.addInitScript(() => {
    AudioDecoder.isConfigSupported = (config) =>
      new Promise((resolve) => {
        globalThis.soundUnknown = () => {
          resolve({ supported: false, config });
          return true;
        };
      });
  });
}

/** Bytes of sound that the page's media element has decoded. */
async function soundBytes(page: Page): Promise<number> {
  return page
    .locator('video')
    .evaluate(
      (video) => (video as unknown as { webkitAudioDecodedByteCount: number }).webkitAudioDecodedByteCount,
    );
}

/** No picture is painted any more. */
async function expectStill(viewer: ViewerPage): Promise<void> {
  await viewer.page.waitForTimeout(SETTLES_WITHIN_MS);
  const painted = await viewer.painted();
  await viewer.page.waitForTimeout(SETTLES_WITHIN_MS);
  expect(await viewer.painted(), 'pictures painted meanwhile').toBe(painted);
}

/** The newest picture is as fresh as the playout delay lets it be. */
async function expectLive(viewer: ViewerPage): Promise<void> {
  const age = async (): Promise<number> => {
    const last = (await viewer.probe()).painted.at(-1);
    return last ? last.atMs - last.codeMs : Number.POSITIVE_INFINITY;
  };
  await expect.poll(age).toBeLessThan(700);
}

/** Headless pages are never hidden, so the page is only told. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** As on a slow machine without a graphics card, whose browser paints in the page. `oldCopies`: as in browsers that know of no copies into RGB. */
async function makeDrawingDear(page: Page, oldCopies: boolean): Promise<void> {
  await page.addInitScript((oldCopies) => {
    Reflect.deleteProperty(HTMLCanvasElement.prototype, 'transferControlToOffscreen');
    const draw = CanvasRenderingContext2D.prototype.drawImage as (...rest: unknown[]) => void;
    CanvasRenderingContext2D.prototype.drawImage = function (...rest: unknown[]) {
      const untilMs = performance.now() + (rest[0] instanceof VideoFrame ? 5 : 0);
      while (performance.now() < untilMs);
      draw.apply(this, rest);
    };
    globalThis.copiedPictures = 0;
    const copy = VideoFrame.prototype.copyTo;
    VideoFrame.prototype.copyTo = function (into, options) {
      globalThis.copiedPictures = (globalThis.copiedPictures ?? 0) + 1;
      return copy.call(this, into, oldCopies ? {} : options);
    };
  }, oldCopies);
}
