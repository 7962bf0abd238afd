import { limits } from '@murmuration/shared/wire/limits.ts';
import { bundledBytes } from '@murmuration/shared/wire/message-bundle.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PublishQueue, publishLimits } from './publish-queue.ts';

const FRAME_BYTES = 12_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A queue, and what left it: each frame a list, of the lengths or the first bytes of its messages. */
function newQueue(frameBytes = FRAME_BYTES) {
  const frames: Uint8Array[][] = [];
  const keys: boolean[] = [];
  const line = { unsent: 0 };
  const take = (messages: readonly Uint8Array[], key: boolean): void => {
    frames.push([...messages]);
    keys.push(key);
  };
  const queue = new PublishQueue(
    {
      publish: (message, key) => take([message], key),
      publishBundle: (messages, key) => {
        expect(messages.length).toBeGreaterThan(1);
        take(messages, key);
      },
      unsentBytes: () => line.unsent,
    },
    frameBytes,
  );
  const lengths = () => frames.map((frame) => frame.map(({ length }) => length));
  /** Nothing goes until the line is free. */
  const holdWhile = (add: () => void): void => {
    line.unsent = publishLimits.unsentBytesMax + 1;
    add();
    vi.advanceTimersByTime(100);
    line.unsent = 0;
    vi.advanceTimersByTime(publishLimits.checkMs);
  };
  return { queue, frames, keys, lengths, line, holdWhile };
}

const numbered = (number: number, bytes: number): Uint8Array => {
  const message = new Uint8Array(bytes);
  new DataView(message.buffer).setUint32(0, number);
  return message;
};
const numberOf = (message: Uint8Array): number => new DataView(message.buffer).getUint32(0);

test('a message goes at once and alone while the line is free, and in order', () => {
  const { queue, lengths } = newQueue();
  for (const length of [3, 1, 2]) expect(queue.add(new Uint8Array(length), true)).toBe(true);
  expect([lengths(), queue.waitingBytes]).toEqual([[[3], [1], [2]], 0]);
});

test('messages wait while too much has not left the node; one that waited alone goes alone', () => {
  const { queue, lengths, line } = newQueue();
  line.unsent = publishLimits.unsentBytesMax + 1;
  queue.add(new Uint8Array(10), true);
  vi.advanceTimersByTime(100);
  expect([lengths(), queue.waitingBytes]).toEqual([[], publishLimits.messageBytesLeast]);
  line.unsent = 0;
  vi.advanceTimersByTime(publishLimits.checkMs);
  expect([lengths(), queue.waitingBytes]).toEqual([[[10]], 0]);
});

test('what waited leaves together, in order, as much as a frame takes with its lengths', () => {
  const { queue, lengths, holdWhile } = newQueue(100);
  holdWhile(() => {
    for (const length of [40, 56, 1, 90, 4, 7, 101, 5, 30_000, 99, 0, 0])
      queue.add(new Uint8Array(length), true);
  });
  expect(lengths()).toEqual([[40, 56], [1, 90], [4, 7], [101], [5], [30_000], [99], [0, 0]]);
  expect(queue.waitingBytes).toBe(0);
});

test('a bundle is one to start from or it is not, and so is every message in it', () => {
  const { queue, lengths, keys, holdWhile } = newQueue();
  holdWhile(() => {
    for (const [at, key] of [true, true, false, true, false, false].entries())
      queue.add(new Uint8Array(at), key);
  });
  expect(lengths()).toEqual([[0, 1], [2], [3], [4, 5]]);
  expect(keys).toEqual([true, false, true, false]);
});

test('[R6] no bundle has more messages than a receiver takes, however small', () => {
  const { queue, lengths, holdWhile } = newQueue();
  holdWhile(() => {
    for (let at = 0; at < limits.bundleMessagesMax + 2; at++) queue.add(new Uint8Array(0), true);
  });
  expect(lengths().map((frame) => frame.length)).toEqual([limits.bundleMessagesMax]);
  vi.advanceTimersByTime(1_000);
  expect(lengths().map((frame) => frame.length)).toEqual([limits.bundleMessagesMax, 2]);
});

test('no more goes than the rate allows, however large the messages', () => {
  const { queue, frames } = newQueue();
  for (let at = 0; at < 20; at++) queue.add(new Uint8Array(1024 * 1024), true);
  expect(frames).toHaveLength(1);
  vi.advanceTimersByTime(2_000);
  const bytes = frames.length * 1024 * 1024;
  expect(bytes).toBeGreaterThan(1.8 * publishLimits.bytesPerSecondMax);
  expect(bytes).toBeLessThanOrEqual(2 * publishLimits.bytesPerSecondMax + 2 * 1024 * 1024);
});

test.each([300, 1_000])('messages of %d bytes that wait go at the rate of bytes, each once', (length) => {
  const { queue, frames } = newQueue();
  const seconds = 2;
  const all = Math.ceil((3 * publishLimits.bytesPerSecondMax) / length);
  for (let number = 0; number < all; number++) queue.add(numbered(number, length), true);
  vi.advanceTimersByTime(seconds * 1_000);
  const sent = frames.flat();
  expect(sent.map(numberOf)).toEqual(sent.map((_, at) => at));
  const bytes = sent.length * length;
  expect(bytes).toBeGreaterThan(0.95 * seconds * publishLimits.bytesPerSecondMax);
  expect(bytes).toBeLessThanOrEqual(
    seconds * publishLimits.bytesPerSecondMax + publishLimits.burstBytes + FRAME_BYTES,
  );
  for (const frame of frames.filter(({ length }) => length > 1))
    expect(frame.reduce((sum, message) => sum + bundledBytes(message), 0)).toBeLessThanOrEqual(FRAME_BYTES);
  vi.advanceTimersByTime(2_000);
  expect(frames.flat()).toHaveLength(all);
});

test('tiny messages are held to a number a second, because members hand each on by itself', () => {
  const { queue, frames } = newQueue();
  for (let at = 0; at < 50_000; at++) queue.add(new Uint8Array(1), true);
  vi.advanceTimersByTime(2_000);
  const perSecond = publishLimits.bytesPerSecondMax / publishLimits.messageBytesLeast;
  const atOnce = publishLimits.burstBytes / publishLimits.messageBytesLeast;
  const sent = frames.flat().length;
  expect(sent).toBeGreaterThan(1.9 * perSecond);
  expect(sent).toBeLessThanOrEqual(2 * perSecond + atOnce + limits.bundleMessagesMax);
});

test('small messages that come one by one leave in a bounded number of frames', () => {
  const { queue, frames } = newQueue();
  for (let ms = 0; ms < 2_000; ms++) {
    queue.add(new Uint8Array(1), true);
    queue.add(new Uint8Array(1), true);
    vi.advanceTimersByTime(1);
  }
  const framesPerSecond = publishLimits.bytesPerSecondMax / publishLimits.frameBytesLeast;
  const atOnce = publishLimits.burstBytes / publishLimits.frameBytesLeast;
  expect(frames.length).toBeLessThanOrEqual(2 * framesPerSecond + atOnce + 1);
  expect(frames.flat().length).toBeGreaterThan(3_980);
});

test('what does not fit is refused, and what waits is dropped at the end', () => {
  const { queue, line, frames } = newQueue();
  line.unsent = Number.POSITIVE_INFINITY;
  for (let at = 0; at < 8; at++)
    expect(queue.add(new Uint8Array(publishLimits.waitingBytesMax / 8), true)).toBe(true);
  expect(queue.add(new Uint8Array(1), true)).toBe(false);
  queue.stop();
  line.unsent = 0;
  vi.advanceTimersByTime(1_000);
  expect([frames, queue.waitingBytes, queue.add(new Uint8Array(1), true)]).toEqual([[], 0, false]);
});
