/** Clips through the whole room, without a network in between: file → messages → recording → file, and read back. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { decodeMediaMessage, type MediaMessage } from '@murmuration/shared/media/media-message.ts';
import { MediaMuxer } from '@murmuration/shared/media/media-muxer.ts';
import {
  ALL_FORMATS,
  BufferSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  MkvOutputFormat,
  Output,
  type Source,
} from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerOf } from './container-kinds.ts';
import { FilePace } from './file-pace.ts';
import { openMediaFile } from './media-file.ts';
import { partPath, Recorder, type RecorderError, type RecorderOptions } from './recorder.ts';
import { Recording } from './recording.ts';

const clip = (name: string): string => fileURLToPath(new URL(`../../../e2e/clips/${name}`, import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The messages of a file, as fast as it can be read. */
async function messagesOf(path: string): Promise<MediaMessage[]> {
  const file = await openMediaFile(path);
  const messages: MediaMessage[] = [];
  const muxer = new MediaMuxer(file.video !== undefined, (bytes) => {
    const decoded = decodeMediaMessage(bytes);
    if (!decoded.ok) throw new Error(decoded.reason);
    messages.push(decoded.value);
  });
  if (file.video) muxer.setVideo(file.video);
  if (file.audio) muxer.setAudio(file.audio);
  const pace = new FilePace(file.reader, muxer);
  let failure: unknown;
  file.reader.fill((cause) => {
    failure = cause;
  }, false);
  for (let nowMs = 0; !file.reader.ended; nowMs += 100) {
    while (!file.reader.peek() && !file.reader.ended && failure === undefined)
      await new Promise((resolve) => setImmediate(resolve));
    if (failure !== undefined) throw failure;
    pace.advance(nowMs);
  }
  file.close();
  return messages;
}

async function written(
  messages: readonly MediaMessage[],
  options: Omit<RecorderOptions, 'onError' | 'onFile'>,
) {
  const files: string[] = [];
  const errors: RecorderError[] = [];
  const recording = new Recording();
  const recorder = new Recorder({
    ...options,
    onFile: (path) => files.push(path),
    onError: (error) => errors.push(error),
  });
  for (const message of messages) recorder.take(recording.push(message, 1, 1));
  recorder.take(recording.finish());
  await recorder.finished();
  return { files, errors, figures: recorder.figures() };
}

/** What a file holds: codecs, and the bytes and times of its packets, in ms from its first one. */
async function contents(source: Source) {
  const input = new Input({ source, formats: ALL_FORMATS });
  const tracks = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
  const origin = await input.getFirstTimestamp(tracks.filter((track) => track !== null));
  const read = [];
  for (const track of tracks) {
    if (!track) continue;
    const packets = [];
    for await (const { type, timestamp, data } of new EncodedPacketSink(track).packets())
      packets.push({ type, ms: Math.round((timestamp - origin) * 1_000), bytes: Buffer.from(data) });
    read.push({ codec: await track.getCodec(), packets });
  }
  input.dispose();
  return read;
}

const bytesOf = (tracks: Awaited<ReturnType<typeof contents>>) =>
  tracks.map(({ codec, packets }) => ({
    codec,
    packets: packets.map(({ type, bytes }) => `${type} ${bytes.toString('base64')}`),
  }));

describe('a recorder', () => {
  it.each([
    ['h264-aac.mp4', 'mkv'],
    ['h264-aac.mp4', 'mp4'],
    ['vp9-opus.webm', 'webm'],
    ['vp9-opus.webm', 'mp4'],
  ] as const)('writes %s as .%s, picture by picture and sound by sound', async (name, container) => {
    const messages = await messagesOf(clip(name));
    const path = join(folder, `${name}.${container}`);
    const { files, errors, figures } = await written(messages, { container, to: path });
    expect([files, errors]).toEqual([[path], []]);
    const before = await contents(new FilePathSource(clip(name)));
    const after = await contents(new FilePathSource(path));
    expect(after[0]?.packets).toHaveLength(240);
    expect(bytesOf(after.slice(0, 1))).toEqual(bytesOf(before.slice(0, 1)));
    // Sound that ends before the first picture begins is left out, and the last bundle of it if it is not full.
    const [soundBefore, soundAfter] = [before, after].map((tracks) => bytesOf(tracks.slice(1))[0]);
    expect(soundAfter?.codec).toBe(soundBefore?.codec);
    const missing = (soundBefore?.packets.length ?? 0) - (soundAfter?.packets.length ?? 0);
    expect(missing).toBeGreaterThanOrEqual(0);
    expect(missing).toBeLessThanOrEqual(4);
    expect(figures.pictures).toBe(240);
    expect(figures.seconds).toBeGreaterThan(7.9);
    // Pictures keep their distances, to the millisecond that a file of this kind knows.
    const distances = (tracks: typeof before) => {
      const times = (tracks[0]?.packets ?? []).map(({ ms }) => ms);
      return times.map((ms) => ms - (times[0] ?? 0));
    };
    const [wanted, got] = [distances(before), distances(after)];
    expect(Math.max(...wanted.map((ms, at) => Math.abs(ms - (got[at] ?? Number.NaN))))).toBeLessThanOrEqual(
      2,
    );
  });

  it('writes into a pipe what a player can begin with', async () => {
    const pipe = new PassThrough();
    const all = buffer(pipe);
    const { errors } = await written(await messagesOf(clip('vp9-opus.webm')), { container: 'mkv', to: pipe });
    pipe.end();
    const [pictures, sounds] = await contents(new BufferSource(await all));
    expect([errors, pictures?.packets.length, sounds?.codec]).toEqual([[], 240, 'opus']);
  });

  it('says which file can hold what the one that was named cannot', async () => {
    const messages = await messagesOf(clip('h264-aac.mp4'));
    const { files, errors } = await written(messages, { container: 'webm', to: join(folder, 'no.webm') });
    expect([files, errors.map(({ reason }) => reason)]).toEqual([[], ['unfit']]);
    expect(errors[0]?.message).toContain('.mkv');
  });

  it('begins another file when the stream changes its form, and cannot in a pipe', async () => {
    const messages = [
      ...(await messagesOf(clip('h264-aac.mp4'))).slice(0, 40),
      ...(await messagesOf(clip('vp9-opus.webm'))).slice(0, 40),
    ];
    const to = join(folder, 'parts.mkv');
    const { files } = await written(messages, { container: 'mkv', to });
    expect(files).toEqual([to, join(folder, 'parts-2.mkv')]);
    const codecs = await Promise.all(
      files.map(async (file) => (await contents(new FilePathSource(file)))[0]?.codec),
    );
    expect(codecs).toEqual(['avc', 'vp9']);
    const pipe = new PassThrough();
    pipe.resume();
    const { errors } = await written(messages, { container: 'mkv', to: pipe });
    expect(errors.map(({ reason }) => reason)).toEqual(['one-part-only']);
  });

  it('says when it cannot write', async () => {
    const messages = await messagesOf(clip('vp9-opus.webm'));
    const { errors } = await written(messages, { container: 'mkv', to: join(folder, 'no', 'such.mkv') });
    expect(errors.map(({ reason }) => reason)).toEqual(['write-failed']);
  });

  it('names parts and knows containers by their endings', () => {
    expect(['a/film.mkv', 'film'].map((path) => partPath(path, 2))).toEqual(['a/film-2.mkv', 'film-2']);
    expect(partPath('film.mkv', 1)).toBe('film.mkv');
    expect(['a.MKV', 'b.webm', 'c.m4a', 'd.log', 'mkv', 'a.mkv/x'].map(containerOf)).toEqual([
      'mkv',
      'webm',
      'mp4',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a media file', () => {
  it('tells its tracks', async () => {
    const file = await openMediaFile(clip('h264-aac.mp4'));
    expect(file).toMatchObject({
      video: { codec: 'avc1.64001e', width: 640, height: 360 },
      audio: { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 1 },
      warnings: [],
    });
    expect(file.durationSeconds).toBeCloseTo(8, 0);
    expect(file.bitsPerSecond).toBeGreaterThan(300_000);
    file.close();
  });

  it('that is missing, a folder, or none of media is refused in words', async () => {
    await expect(openMediaFile(join(folder, 'none.mp4'))).rejects.toMatchObject({ reason: 'missing' });
    await expect(openMediaFile(folder)).rejects.toMatchObject({ reason: 'unreadable' });
    await expect(openMediaFile(fileURLToPath(import.meta.url))).rejects.toMatchObject({
      reason: 'unreadable',
    });
  });

  it('whose beginning is cut off is refused', async () => {
    const path = join(folder, 'torn.mp4');
    const { writeFile } = await import('node:fs/promises');
    await writeFile(path, (await readFile(clip('h264-aac.mp4'))).subarray(2_000));
    await expect(openMediaFile(path)).rejects.toMatchObject({ name: 'MediaFileError' });
  });

  it('whose key frames lie more than 2 s apart is refused, with what to do', async () => {
    const madeWith = async (keyEverySeconds: number): Promise<string> => {
      const path = join(folder, `keys-${keyEverySeconds}.mkv`);
      const output = new Output({ format: new MkvOutputFormat(), target: new FilePathTarget(path) });
      const source = new EncodedVideoPacketSource('vp8');
      output.addVideoTrack(source);
      await output.start();
      const meta = { decoderConfig: { codec: 'vp8', codedWidth: 64, codedHeight: 64 } };
      for (let at = 0; at < 50; at++) {
        const type = (at / 10) % keyEverySeconds === 0 ? 'key' : 'delta';
        await source.add(new EncodedPacket(Uint8Array.of(at, 1, 2), type, at / 10, 0.1), meta);
      }
      await output.finalize();
      return path;
    };
    await expect(openMediaFile(await madeWith(3))).rejects.toMatchObject({
      reason: 'key-frames-far',
      message: expect.stringMatching(/3\.0 s apart(.|\n)*ffmpeg/),
    });
    const fine = await openMediaFile(await madeWith(2));
    expect([fine.video?.codec, fine.audio]).toEqual(['vp8', undefined]);
    fine.close();
  });
});
