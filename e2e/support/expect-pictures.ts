// Whether viewers see the stream, and go on seeing it: what is looked at are painted pixels.

import { expect } from 'playwright/test';
import type { ViewerPage } from './viewer-page.ts';

/** Many pages that start at once on a small, busy machine; a good run takes a few seconds. */
export const ALL_WATCH_WITHIN_MS = 60_000;
export const PICTURES_A_SECOND = 30;

/** What a page has to tell of its picture, in whatever browser it is. */
type Watching = Pick<ViewerPage, 'painted' | 'pixels' | 'bars' | 'probe'>;

/** Waits until `count` more pictures were painted. */
export async function seesPictures(viewer: Watching, count: number): Promise<void> {
  const before = await viewer.painted().catch(() => 0);
  await expect
    .poll(() => viewer.painted().catch(() => 0), { timeout: ALL_WATCH_WITHIN_MS })
    .toBeGreaterThanOrEqual(before + count);
}

export async function expectMovingPixels(viewer: Watching): Promise<void> {
  const before = await viewer.pixels();
  expect(Math.max(...before) - Math.min(...before), 'not blank').toBeGreaterThan(50);
  await expect.poll(() => viewer.pixels(), 'moving').not.toEqual(before);
}

/** Every picture painted was a whole test pattern whose time code can be read and is later than the one before. */
export async function expectHonestPictures(viewers: readonly Watching[]): Promise<void> {
  for (const viewer of viewers) {
    expect(await viewer.probe()).toMatchObject({
      blank: 0,
      unreadable: 0,
      torn: 0,
      repeated: 0,
      backwards: [],
    });
  }
}

/** What encoding may do to a flat colour, of 255; a wrong colour space does 11 and more to most bars. */
const COLOUR_OFF_MAX = 8;
const BARS = [0xc0c0c0, 0xc0c000, 0x00c0c0, 0x00c000, 0xc000c0, 0xc00000, 0x0000c0];

/** The bars of the test pattern have the colours that the host painted. */
export async function expectTrueColours(viewer: Watching): Promise<void> {
  const bars = await viewer.bars();
  for (const [i, bar] of BARS.entries()) {
    const painted = [bar >> 16, (bar >> 8) & 255, bar & 255];
    const off = painted.map((value, channel) => Math.abs(value - (bars[i]?.[channel] ?? 0)));
    expect(Math.max(...off), `${painted} is seen as ${bars[i]}`).toBeLessThanOrEqual(COLOUR_OFF_MAX);
  }
}

/** Frames that each viewer has missed so far: on a starving machine some may be, while many join at once. */
export async function framesLost(viewers: readonly ViewerPage[]): Promise<ReadonlyMap<ViewerPage, number>> {
  const lost = viewers.map(async (viewer) => [viewer, await viewer.number('Frames lost')] as const);
  return new Map(await Promise.all(lost));
}

/** The viewers have parents other than the one that is gone, see pictures, and have missed none since `lostBefore` was taken. */
export async function goOnWithout(
  gone: string,
  viewers: readonly ViewerPage[],
  lostBefore: ReadonlyMap<ViewerPage, number>,
): Promise<void> {
  const parentsOf = async (viewer: ViewerPage): Promise<readonly string[]> => (await viewer.place()).parents;
  const goesOn = async (viewer: ViewerPage): Promise<void> => {
    await expect.poll(async () => (await parentsOf(viewer)).length, 'has parents').toBeGreaterThan(0);
    await expect.poll(() => parentsOf(viewer), 'which are still there').not.toContain(gone);
    await seesPictures(viewer, PICTURES_A_SECOND);
    expect(await viewer.number('Frames lost'), 'frames lost').toBe(lostBefore.get(viewer));
  };
  await Promise.all(viewers.map(goesOn));
}
