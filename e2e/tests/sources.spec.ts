// Real inputs end to end: what a host can show arrives at a viewer as moving pictures and, after a tap, as sound.

import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import { expectAccessible } from '../support/accessible.ts';
import { expectHonestPictures, PICTURES_A_SECOND, seesPictures } from '../support/expect-pictures.ts';
import type { HostPage, LiveOptions } from '../support/host-page.ts';
import { addStillScreen, stopSharing } from '../support/screen-stand-in.ts';
import { expect, test } from '../support/swarm.ts';
import type { ViewerPage } from '../support/viewer-page.ts';

const clip = (name: string): string => fileURLToPath(new URL(`../clips/${name}`, import.meta.url));

const sources: readonly { name: string; source: NonNullable<LiveOptions['source']>; size: RegExp }[] = [
  { name: 'an H.264/AAC MP4', source: { file: clip('h264-aac.mp4') }, size: /^640 × 360$/ },
  { name: 'a VP9/Opus WebM', source: { file: clip('vp9-opus.webm') }, size: /^640 × 360$/ },
  { name: 'the camera', source: 'Camera', size: /^\d{3,4} × \d{3,4}$/ },
  { name: 'the test pattern', source: 'Test pattern', size: /^640 × 360$/ },
];

for (const { name, source, size } of sources) {
  test(`${name} is seen and heard by a viewer`, async ({ swarm }) => {
    const host = await swarm.host({ source });
    const viewer = await swarm.viewer(host.link);

    await expect.poll(() => viewer.painted()).toBeGreaterThan(20);
    const before = await viewer.pixels();
    expect(Math.max(...before) - Math.min(...before), 'not blank').toBeGreaterThan(50);
    await expect.poll(() => viewer.pixels(), 'moving').not.toEqual(before);
    expect((await viewer.figure('Size')).text).toMatch(size);

    expect((await viewer.sound()).decoded, 'silent until asked').toBe(0);
    await viewer.page.getByRole('button', { name: 'Tap for sound' }).click();
    await expect.poll(async () => (await viewer.sound()).audible).toBeGreaterThan(2);
    await expect(viewer.page.getByRole('button', { name: 'Mute', exact: true })).toBeVisible();

    await expect.poll(() => viewer.painted()).toBeGreaterThan(100);
    expect(await viewer.number('Frames lost')).toBe(0);
    expect(await viewer.number('Rejected')).toBe(0);
    expect(swarm.complaints).toEqual([]);
  });
}

test('sources, quality and pauses change while live, and a viewer goes on with the same link', async ({
  swarm,
}) => {
  const host = await swarm.host({ quality: '480p', prepare: (page) => addStillScreen(page, 800, 450) });
  const { page } = host;
  const viewer = await swarm.viewer(host.link);
  await seesPictures(viewer, PICTURES_A_SECOND);
  const expectSize = (size: string) => expect.poll(async () => (await viewer.figure('Size')).text).toBe(size);
  await expectSize('852 × 480');

  await test.step('a lower quality takes over without a picture missing or out of order', async () => {
    await page.getByText('Change source or quality').click();
    await host.chooseQuality('360p');
    await expectSize('640 × 360');
    await seesPictures(viewer, PICTURES_A_SECOND);
    await expectHonestPictures([viewer]);
  });

  await test.step('a screen that stands still keeps its frame rate', async () => {
    await change(host, 'Screen', 'Choose what to share instead');
    await expectSize('640 × 360');
    await expect(page.getByText('Screen, without sound')).toBeVisible();
    await seesPictures(viewer, 2 * PICTURES_A_SECOND);
  });

  await test.step('sharing that was stopped is told, and viewers see a card', async () => {
    const screen = await viewer.pixels();
    await stopSharing(page);
    await expect(page.getByRole('alert')).toContainText('You stopped sharing');
    await expect(page.getByText('Viewers see a card meanwhile')).toBeVisible();
    await expect.poll(() => viewer.pixels()).not.toEqual(screen);
    await seesPictures(viewer, 5);
  });

  await test.step('a microphone alone is heard', async () => {
    await change(host, 'Microphone', 'Send this microphone instead');
    await expect(page.getByRole('meter', { name: 'Loudness of your sound' })).toBeVisible();
    await expect(page.getByRole('alert')).toBeEmpty();
    await viewer.page.getByRole('button', { name: 'Tap for sound' }).click();
    await expect.poll(async () => (await viewer.sound()).audible).toBeGreaterThan(2);
  });

  await test.step('so is a file of sound', async () => {
    await page.getByText('Change source or quality').click();
    await host.pick({ file: clip('sound.ogg') });
    await expect(page.getByText('sound.ogg, 8 s, sound only')).toBeVisible();
    const { audible } = await viewer.sound();
    await expect.poll(async () => (await viewer.sound()).audible).toBeGreaterThan(audible + 20);
  });

  await test.step('a file without key frames to join at is encoded anew, and paused where it is', async () => {
    await page.getByText('Change source or quality').click();
    await host.chooseQuality('Automatic');
    await host.pick({ file: clip('sparse-keys.mp4') });
    await expect(page.getByText('The picture is encoded anew')).toBeVisible();
    await expectSize('320 × 180');
    const late = await swarm.viewer(host.link);
    await seesPictures(late, 10);
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect(page.getByText('Viewers see a card that says so')).toBeVisible();
    await expect.poll(() => standsStill(viewer), 'a card').toBe(true);
    await page.getByRole('button', { name: 'Go on' }).click();
    await expect.poll(() => standsStill(viewer), 'moving').toBe(false);
  });

  expect(await page.getByLabel('Link to watch').inputValue()).toBe(host.link);
  expect(await viewer.number('Frames lost')).toBe(0);
  expect(await viewer.number('Rejected')).toBe(0);
  expect(swarm.complaints).toEqual([]);
});

test('what cannot be shown is said, with what to do, and the stream before stays', async ({ swarm }) => {
  const host = await swarm.host({ prepare: addRefusals });
  const { page } = host;
  const says = (words: string) => expect(page.getByRole('alert')).toContainText(words);
  const refuse = (what: Refusals) =>
    page.evaluate((next) => Object.assign(globalThis.refusals ?? {}, next), what);
  await page.getByText('Change source or quality').click();

  await refuse({ video: 'NotAllowedError', audio: 'NotAllowedError' });
  await change(host, 'Camera', 'Show this camera instead');
  await says('The camera was refused. Allow it');
  await refuse({ video: 'NotFoundError' });
  await change(host, 'Camera', 'Show this camera instead');
  await says('No camera was found. Plug one in');
  await refuse({ video: 'NotReadableError' });
  await change(host, 'Camera', 'Show this camera instead');
  await says('another program may be using it. Close that one');
  await change(host, 'Microphone', 'Send this microphone instead');
  await says('The microphone was refused. Allow it');
  await refuse({ screen: 'NotAllowedError' });
  await change(host, 'Screen', 'Choose what to share instead');
  await says('Nothing was shared. Choose “Screen” again');
  await host.pick({ file: fileURLToPath(import.meta.url) });
  await says('could not be read as a video. Files of type MP4');
  await expect(page.getByRole('img', { name: 'Test pattern' }), 'the source before').toBeVisible();

  await refuse({ video: undefined });
  await change(host, 'Camera', 'Show this camera instead');
  await expect(page.getByText('Without sound: The microphone was refused')).toBeVisible();
  await expect(page.getByRole('alert')).toBeEmpty();
  await page.getByText('Change source or quality').click();
  await expect(page.getByLabel('Microphone to use')).toBeVisible();
  await expectAccessible(page);

  await test.step('a second tab that goes live with the same key is told of the first', async () => {
    const second = await page.context().newPage();
    await second.goto(page.url());
    await second.getByRole('radio', { name: 'Test pattern' }).check();
    await second.getByRole('button', { name: 'Go live' }).click();
    await expect(second.getByRole('alert')).toContainText('You are already live in another tab');
  });
  expect(swarm.complaints).toEqual([]);
});

/** Puts another source on the air. */
async function change(
  host: HostPage,
  source: 'Screen' | 'Camera' | 'Microphone',
  button: string,
): Promise<void> {
  await host.pick(source);
  await host.page.getByRole('button', { name: button }).click();
}

/** Whether the picture stays the same, but for what encoding does to it, while some are painted. */
async function standsStill(viewer: ViewerPage): Promise<boolean> {
  const before = await viewer.pixels();
  await seesPictures(viewer, 4);
  const after = await viewer.pixels();
  return after.every((brightness, i) => Math.abs(brightness - (before[i] ?? 0)) < 16);
}

interface Refusals {
  readonly video?: string | undefined;
  readonly audio?: string;
  readonly screen?: string;
}

declare global {
  var refusals: Refusals | undefined;
}

/** What the browser answers when it is asked for a device: a DOMException of the name given, if any. */
async function addRefusals(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    globalThis.refusals = {};
    mediaDevices.getUserMedia = async (wanted = {}) => {
      const { video, audio } = globalThis.refusals ?? {};
      const name = (wanted.video ? video : undefined) ?? (wanted.audio ? audio : undefined);
      if (name) throw new DOMException('', name);
      return ask(wanted);
    };
    mediaDevices.getDisplayMedia = async () => {
      throw new DOMException('', globalThis.refusals?.screen ?? 'NotAllowedError');
    };
  });
}
