/** Media on the command line, as people use it: a clip hosted by one process, recorded by another, and read back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny';
import { afterEach, expect, it } from 'vitest';
import { untilInRealTime } from '../../../shared/sim/transport-contract.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const CLIP = fileURLToPath(new URL('../../../e2e/clips/vp9-opus.webm', import.meta.url));
const RECORDED_SECONDS = 4;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, PORT: '', HOST: '127.0.0.1' },
  });
  children.push(child);
  const output = { out: '', err: '' };
  child.stdout.on('data', (part) => {
    output.out += part;
  });
  child.stderr.on('data', (part) => {
    output.err += part;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { child, output, exited };
}

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
  const supernode = start('supernode', '--port', '0', '--metrics-port', '0', '--log', 'text');
  await untilInRealTime(() => /open http:\/\/\S+:\d+/.test(supernode.output.out));
  const address = `127.0.0.1:${/:(\d+)/.exec(supernode.output.out)?.[1]}`;
  const host = start('host', CLIP, '--loop', '--supernode', address, '--bind', '127.0.0.1', '--json');
  await untilInRealTime(() => host.output.out.includes('\n'));
  const { link } = JSON.parse(host.output.out.split('\n')[0] as string) as { link: string };
  expect(host.output.err).toContain('640 × 360');

  const path = join(folder, 'film.mkv');
  const words = ['--bind', '127.0.0.1', '--json', '-o', path];
  const watch = start('watch', link, ...words);
  await untilInRealTime(() => watch.output.err.includes(`Recording to ${path}`));
  setTimeout(() => watch.child.kill('SIGINT'), RECORDED_SECONDS * 1_000);
  expect(await watch.exited).toBe(0);
  host.child.kill('SIGINT');
  expect(await host.exited).toBe(0);

  const last = (text: string) => JSON.parse(text.trim().split('\n').at(-1) as string);
  const result = last(watch.output.out);
  expect(result).toMatchObject({ event: 'ended', files: [path], gaps: 0, restarts: 0 });
  expect(last(host.output.out)).toMatchObject({ event: 'ended', videoFrames: expect.any(Number) });
  const [clip, film] = await Promise.all([picturesOf(CLIP), picturesOf(path)]);
  expect(film).toHaveLength(result.pictures);
  expect(film.length).toBeGreaterThan(30);
  expect(film[0]).toMatch(/^key /);
  const from = clip.indexOf(film[0] as string);
  expect(film).toEqual(film.map((_, at) => clip[(from + at) % clip.length]));
  await rm(folder, { recursive: true });
});

it('says what is wrong with a file before it goes live', async () => {
  const missing = start('host', 'no-such-film.mp4', '--supernode', '127.0.0.1:9');
  const other = start('host', MAIN, '--supernode', '127.0.0.1:9');
  expect([await missing.exited, await other.exited]).toEqual([1, 1]);
  expect(missing.output.err).toBe('There is no file “no-such-film.mp4”.\n');
  expect(other.output.err).toContain('MP4, MOV, MKV and WebM work');
});
