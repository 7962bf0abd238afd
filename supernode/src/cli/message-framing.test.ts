import { randomBelow, randomBytes, seededRandom } from '@murmuration/shared/lib/random.ts';
import { describe, expect, it } from 'vitest';
import { Framing, FramingError, framed, MessageSplitter } from './message-framing.ts';

const text = (messages: Uint8Array[]): string[] => messages.map((message) => Buffer.from(message).toString());

describe('messages in a stream of bytes', () => {
  it('as lines: empty ones count, and a last one needs no newline', () => {
    const splitter = new MessageSplitter(Framing.lines);
    expect(text(splitter.push(Buffer.from('a\n\nb')))).toEqual(['a', '']);
    expect(text(splitter.push(Buffer.from('c\nd')))).toEqual(['bc']);
    expect([text(splitter.end()), splitter.end()]).toEqual([['d'], []]);
  });

  it('with lengths come back as they were, however the bytes are cut', () => {
    const random = seededRandom(3);
    const messages = Array.from({ length: 60 }, () => randomBytes(random, randomBelow(random, 300)));
    const bytes = Buffer.concat(messages.map((message) => framed(message, Framing.length)));
    const splitter = new MessageSplitter(Framing.length);
    const heard: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + randomBelow(random, 200);
      heard.push(...splitter.push(bytes.subarray(at, end)));
      at = end;
    }
    expect([heard, splitter.end()]).toEqual([messages, []]);
  });

  it('that are too long, or break off, are an error that says so', () => {
    expect(() => new MessageSplitter(Framing.lines, 10).push(Buffer.alloc(30, 'x'))).toThrow(FramingError);
    expect(() => new MessageSplitter(Framing.lines, 10).push(Buffer.from(`${'x'.repeat(11)}\n`))).toThrow(
      FramingError,
    );
    expect(() => new MessageSplitter(Framing.length, 10).push(Buffer.of(0, 0, 0, 11))).toThrow(FramingError);
    const broken = new MessageSplitter(Framing.length);
    broken.push(Buffer.of(0, 0, 0, 2, 1));
    expect(() => broken.end()).toThrow('within a message');
  });

  it('as lines are written with a newline', () => {
    expect(framed(Buffer.from('a'), Framing.lines).toString()).toBe('a\n');
  });
});
