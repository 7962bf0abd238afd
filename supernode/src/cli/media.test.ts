/** Media on the command line, as people use it: a clip hosted by one process, recorded by another, and read back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny';
import { afterEach, expect, it } from 'vitest';
import { untilInRealTime } from '../../../shared/sim/transport-contract.ts';
import { endPrograms, lineOf, runningSupernode, startMurmuration } from '../../trial/programs.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const CLIP = fileURLToPath(new URL('../../../e2e/clips/vp9-opus.webm', import.meta.url));
const RECORDED_SECONDS = 4;

afterEach(endPrograms);

async function picturesOf(path: string): Promise<string[]> {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  const pictures: string[] = [];
  if (track)
    for await (const { type, data } of new EncodedPacketSink(track).packets())
      pictures.push(`${type} ${Buffer.from(data).toString('base64')}`);
  input.dispose();
  return pictures;
}

it('hosts a clip, over and over, and records it from a key picture on, nothing left out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
  const { address } = await runningSupernode();
  const host = startMurmuration(
    'host',
    CLIP,
    '--loop',
    '--supernode',
    address,
    '--bind',
    '127.0.0.1',
    '--json',
  );
  await untilInRealTime(() => host.output.out.includes('\n'));
  const { link } = lineOf(host, 0);
  expect(host.output.err).toContain('640 × 360');

  const path = join(folder, 'film.mkv');
  const words = ['--bind', '127.0.0.1', '--json', '-o', path];
  const watch = startMurmuration('watch', link, ...words);
  await untilInRealTime(() => watch.output.err.includes(`Recording to ${path}`));
  setTimeout(() => watch.child.kill('SIGINT'), RECORDED_SECONDS * 1_000);
  expect(await watch.exited).toBe(0);
  host.child.kill('SIGINT');
  expect(await host.exited).toBe(0);

  const result = lineOf(watch, -1);
  expect(result).toMatchObject({ event: 'ended', files: [path], gaps: 0, restarts: 0 });
  expect(lineOf(host, -1)).toMatchObject({ event: 'ended', videoFrames: expect.any(Number) });
  const [clip, film] = await Promise.all([picturesOf(CLIP), picturesOf(path)]);
  expect(film).toHaveLength(result.pictures);
  expect(film.length).toBeGreaterThan(30);
  expect(film[0]).toMatch(/^key /);
  const from = clip.indexOf(film[0] as string);
  expect(film).toEqual(film.map((_, at) => clip[(from + at) % clip.length]));
  await rm(folder, { recursive: true });
});

it('[R47] says when viewers lack the upload for a file', async () => {
  const { address } = await runningSupernode();
  const words = ['--loop', '--slots', '1', '--supernode', address, '--bind', '127.0.0.1', '--json'];
  const host = startMurmuration('host', CLIP, ...words);
  await untilInRealTime(() => host.output.out.includes('\n'));
  const { link } = lineOf(host, 0);
  const consuming = ['--slots', '0', '--bind', '127.0.0.1', '--json', '-o', '/dev/null', '--format', 'mkv'];
  for (let viewers = 0; viewers < 3; viewers++) startMurmuration('watch', link, ...consuming);
  await untilInRealTime(() => host.output.err.includes('Viewers lack upload'));
  expect(lineOf(host, 1)).toMatchObject({ event: 'supply', short: true, viewers: expect.any(Number) });
  expect(lineOf(host, 1).carried).toBeLessThan(lineOf(host, 1).bitsPerSecond);
});

it('says what is wrong with a file before it goes live', async () => {
  const missing = startMurmuration('host', 'no-such-film.mp4', '--supernode', '127.0.0.1:9');
  const other = startMurmuration('host', MAIN, '--supernode', '127.0.0.1:9');
  expect([await missing.exited, await other.exited]).toEqual([1, 1]);
  expect(missing.output.err).toBe('There is no file “no-such-film.mp4”.\n');
  expect(other.output.err).toContain('MP4, MOV, MKV and WebM work');
});
