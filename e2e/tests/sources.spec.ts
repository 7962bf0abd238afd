// Real inputs end to end: what a host can show arrives at a viewer as moving pictures and, after a tap, as sound.

import { fileURLToPath } from 'node:url';
import type { LiveOptions } from '../support/host-page.ts';
import { expect, test } from '../support/swarm.ts';

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
