import { expect, test } from 'vitest';
import { Inbox, inboxLimits } from './inbox.ts';

const message = (number: number, bytes = 1): Uint8Array => new Uint8Array(bytes).fill(number);
const taken = (inbox: Inbox): (number | 'gap')[] => {
  const all: (number | 'gap')[] = [];
  for (let item = inbox.take(); item !== undefined; item = inbox.take())
    all.push(item === 'gap' ? 'gap' : (item[0] ?? -1));
  return all;
};

test('messages come out in order, each once, with gaps where they were', () => {
  const inbox = new Inbox();
  inbox.put(message(1));
  inbox.gap();
  inbox.gap();
  inbox.put(message(2));
  expect([inbox.length, inbox.bytes]).toEqual([3, 2]);
  expect(taken(inbox)).toEqual([1, 'gap', 2]);
  expect([inbox.length, inbox.bytes, inbox.take()]).toEqual([0, 0, undefined]);
});

test('of too much the oldest goes, and the reader is told', () => {
  const inbox = new Inbox();
  const quarter = inboxLimits.bytesMax / 4;
  for (let number = 1; number <= 6; number++) inbox.put(message(number, quarter));
  expect([inbox.bytes, inbox.dropped]).toEqual([inboxLimits.bytesMax, 2]);
  expect(taken(inbox)).toEqual(['gap', 3, 4, 5, 6]);
});

test('very many small ones are bounded as well', () => {
  const inbox = new Inbox();
  for (let at = 0; at < inboxLimits.messagesMax + 10; at++) inbox.put(message(at & 127));
  expect(inbox.length).toBeLessThanOrEqual(inboxLimits.messagesMax + 1);
  expect([inbox.take(), inbox.dropped]).toEqual(['gap', 10]);
});

test('gaps that nobody reads do not pile up', () => {
  const inbox = new Inbox();
  for (let at = 0; at < 1_000; at++) inbox.gap();
  expect(inbox.length).toBe(1);
});
