import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PublishQueue, publishLimits } from './publish-queue.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function newQueue() {
  const published: number[] = [];
  const line = { unsent: 0 };
  const queue = new PublishQueue(
    (message) => published.push(message.length),
    () => line.unsent,
  );
  return { queue, published, line };
}

test('a message goes at once while the line is free, and in order', () => {
  const { queue, published } = newQueue();
  for (const length of [3, 1, 2]) expect(queue.add(new Uint8Array(length), true)).toBe(true);
  expect([published, queue.waitingBytes]).toEqual([[3, 1, 2], 0]);
});

test('messages wait while too much has not left the node', () => {
  const { queue, published, line } = newQueue();
  line.unsent = publishLimits.unsentBytesMax + 1;
  queue.add(new Uint8Array(10), true);
  vi.advanceTimersByTime(100);
  expect([published, queue.waitingBytes]).toEqual([[], publishLimits.messageBytesLeast]);
  line.unsent = 0;
  vi.advanceTimersByTime(publishLimits.checkMs);
  expect([published, queue.waitingBytes]).toEqual([[10], 0]);
});

test('no more goes than the rate allows, however large the messages', () => {
  const { queue, published } = newQueue();
  for (let at = 0; at < 20; at++) queue.add(new Uint8Array(1024 * 1024), true);
  expect(published).toHaveLength(1);
  vi.advanceTimersByTime(2_000);
  const bytes = published.length * 1024 * 1024;
  expect(bytes).toBeGreaterThan(1.8 * publishLimits.bytesPerSecondMax);
  expect(bytes).toBeLessThanOrEqual(2 * publishLimits.bytesPerSecondMax + 2 * 1024 * 1024);
});

test('small messages are held to a number a second, because each has a price of its own', () => {
  const { queue, published } = newQueue();
  for (let at = 0; at < 2_000; at++) queue.add(new Uint8Array(1), true);
  vi.advanceTimersByTime(1_000);
  const perSecond = publishLimits.bytesPerSecondMax / publishLimits.messageBytesLeast;
  const atOnce = publishLimits.burstBytes / publishLimits.messageBytesLeast;
  expect(published.length).toBeGreaterThan(0.9 * perSecond);
  expect(published.length).toBeLessThanOrEqual(perSecond + atOnce + 1);
});

test('what does not fit is refused, and what waits is dropped at the end', () => {
  const { queue, line, published } = newQueue();
  line.unsent = Number.POSITIVE_INFINITY;
  for (let at = 0; at < 8; at++)
    expect(queue.add(new Uint8Array(publishLimits.waitingBytesMax / 8), true)).toBe(true);
  expect(queue.add(new Uint8Array(1), true)).toBe(false);
  queue.stop();
  line.unsent = 0;
  vi.advanceTimersByTime(1_000);
  expect([published, queue.waitingBytes, queue.add(new Uint8Array(1), true)]).toEqual([[], 0, false]);
});
