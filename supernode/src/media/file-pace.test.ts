import { FilePacketReader, type FileTracks } from '@murmuration/shared/media/file-packet-reader.ts';
import { describe, expect, test } from 'vitest';
import { FilePace } from './file-pace.ts';

interface Sent {
  readonly kind: 'audio' | 'video';
  readonly ptsUs: number;
  readonly leadUs?: number;
}

/** Pictures at 10 a second in decode order, their times in tenths of a second; sound at each tenth. */
function tracksOf(pictures: readonly number[], sounds: readonly number[] = []): FileTracks {
  const packets = (times: readonly number[]) => ({
    async *packets() {
      for (const [at, time] of times.entries())
        yield {
          type: at === 0 ? ('key' as const) : ('delta' as const),
          timestamp: time / 10,
          duration: 0.1,
          data: Uint8Array.of(at),
        };
    },
  });
  return { video: packets(pictures), ...(sounds.length > 0 ? { audio: packets(sounds) } : {}) };
}

async function started(tracks: FileTracks, seconds: number, loop: boolean) {
  const reader = await FilePacketReader.open(tracks, 0, seconds);
  const sent: Sent[] = [];
  const pace = new FilePace(reader, {
    video: ({ ptsUs, leadUs }) => void sent.push({ kind: 'video', ptsUs, leadUs }),
    audio: ({ ptsUs }) => void sent.push({ kind: 'audio', ptsUs }),
  });
  reader.fill((cause) => {
    throw cause;
  }, loop);
  // Reading is asynchronous, though nothing here waits for anything outside.
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  await settled();
  return { reader, pace, sent, settled };
}

describe('a file in real time', () => {
  test('packets go when they are due, and not before', async () => {
    const { pace, sent } = await started(tracksOf([0, 1, 2, 3], [0, 1, 2, 3]), 0.4, false);
    pace.advance(1_000);
    expect(sent.map(({ kind }) => kind)).toEqual(['video', 'audio']);
    pace.advance(1_199);
    expect(sent).toHaveLength(4);
    pace.advance(1_200);
    expect(sent).toHaveLength(6);
    expect(pace.sentSeconds).toBe(0.2);
  });

  test('reordered pictures go one after another, and say how long before their time', async () => {
    const { pace, sent } = await started(tracksOf([0, 3, 1, 2]), 0.4, false);
    for (let nowMs = 0; nowMs <= 400; nowMs += 100) pace.advance(nowMs);
    // All are shown a tenth of a second later, so that none is shown before it is sent.
    expect(sent).toEqual([
      { kind: 'video', ptsUs: 100_000, leadUs: 100_000 },
      { kind: 'video', ptsUs: 400_000, leadUs: 300_000 },
      { kind: 'video', ptsUs: 200_000, leadUs: 0 },
      { kind: 'video', ptsUs: 300_000, leadUs: 0 },
    ]);
  });

  test('after a long sleep it goes on from where it stood', async () => {
    const { pace, sent } = await started(tracksOf([0, 1, 2, 3, 4, 5, 6, 7]), 0.8, false);
    pace.advance(0);
    pace.advance(60_000);
    expect(sent).toHaveLength(2);
    pace.advance(60_100);
    expect(sent).toHaveLength(3);
  });

  test('sound that does not say how long it lasts, lasts as long as the sound before', async () => {
    const seconds = [0.1, 0, 0.1];
    const { reader } = await started(
      {
        audio: {
          async *packets() {
            for (const [at, duration] of seconds.entries())
              yield { type: 'key' as const, timestamp: at / 10, duration, data: Uint8Array.of(at) };
          },
        },
      },
      0.3,
      false,
    );
    const durations = [1, 2, 3].map(() => reader.takeBefore(1e9)?.durationUs);
    expect(durations).toEqual([100_000, 100_000, 100_000]);
  });

  test('at the end it ends', async () => {
    const { reader, pace, sent } = await started(tracksOf([0, 1]), 0.2, false);
    expect(reader.ended).toBe(false);
    pace.advance(0);
    pace.advance(100);
    expect([sent.length, reader.ended, reader.round]).toEqual([2, true, 1]);
  });

  test('or begins again, its times going on', async () => {
    const { reader, pace, sent, settled } = await started(tracksOf([0, 1]), 0.2, true);
    for (let nowMs = 0; nowMs < 1_000; nowMs += 100) pace.advance(nowMs);
    await settled();
    expect(sent.map(({ ptsUs }) => ptsUs / 100_000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(reader.ended).toBe(false);
    reader.stop();
  });

  test('a file without packets is an error, not an endless search', async () => {
    const reader = await FilePacketReader.open(tracksOf([]), 0, 0);
    const error = await new Promise((resolve) => reader.fill(resolve));
    expect(error).toMatchObject({ message: 'no packets in any track' });
  });
});
