// Pages and peers in Node.js in one swarm: a Node.js relay between two pages, and a page between two peers in Node.js.

import { fileURLToPath } from 'node:url';
import { CommandLinePeer } from '../support/command-line-peer.ts';
import { PICTURES_A_SECOND, seesPictures } from '../support/expect-pictures.ts';
import { expect, test } from '../support/swarm.ts';

const peers: CommandLinePeer[] = [];
const start = (...words: string[]): CommandLinePeer => {
  const peer = new CommandLinePeer(...words);
  peers.push(peer);
  return peer;
};
test.afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.stop();
});

test('a page sees the stream of another one through a relay in Node.js', async ({ swarm }) => {
  // The host sends one copy in one tree, and the relay has it when the viewer comes: there is no other way.
  const host = await swarm.host({ slots: 1, stripes: 1 });
  const relay = start('relay', host.link, '--json');
  const { peer } = JSON.parse(await relay.line(0)) as { peer: string };
  const viewer = await swarm.viewer(host.link);
  await seesPictures(viewer, PICTURES_A_SECOND);
  await expect
    .poll(async () => {
      const { parents, depth } = await viewer.place();
      return { parents, depth };
    })
    .toEqual({ parents: [peer.slice(0, 6)], depth: 2 });
  expect(swarm.complaints).toEqual([]);
});

test('a page plays a film that a peer in Node.js hosts', async ({ swarm }) => {
  const film = fileURLToPath(new URL('../clips/h264-aac.mp4', import.meta.url));
  const host = start('host', film, '--loop', '--supernode', swarm.supernode.url, '--json');
  const { link } = JSON.parse(await host.line(0)) as { link: string };
  const viewer = await swarm.viewer(link);
  await seesPictures(viewer, PICTURES_A_SECOND);
  expect((await viewer.figure('Size')).text).toBe('640 × 360');
  await viewer.page.getByRole('button', { name: 'Tap for sound' }).click();
  await expect.poll(async () => (await viewer.sound()).audible).toBeGreaterThan(2);
  expect(await viewer.number('Rejected')).toBe(0);
  expect(swarm.complaints).toEqual([]);
});

test('a peer in Node.js gets the messages of another one through a page', async ({ swarm }) => {
  const host = start(
    'host',
    '-',
    '--supernode',
    swarm.supernode.url,
    '--slots',
    '1',
    '--stripes',
    '1',
    '--json',
  );
  const { link } = JSON.parse(await host.line(0)) as { link: string };
  const page = await swarm.viewer(link);
  await expect.poll(async () => (await page.place()).depth).toBe(1);
  const watch = start('watch', link);
  const self = (await page.place()).self;
  await expect.poll(async () => (await page.place()).children.length).toBe(1);
  for (let at = 0; at < 5; at++) host.say(`message ${at}`);
  await watch.line(4);
  expect(watch.lines).toEqual([0, 1, 2, 3, 4].map((at) => `message ${at}`));
  expect(self).not.toBe('');
});
