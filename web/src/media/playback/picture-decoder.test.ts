import { expect, test } from 'vitest';
import type { DecoderAnswer, DecoderOrder } from './decoder-messages.ts';
import { type DecoderPort, PictureDecoder } from './picture-decoder.ts';

/** Stands where the worker would: what it is asked is read, and what it answers is said here. */
class Desk implements DecoderPort {
  readonly orders: DecoderOrder[] = [];
  readonly transferred: Transferable[] = [];
  ended = false;
  onmessage: ((event: MessageEvent<DecoderAnswer>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;

  postMessage(order: DecoderOrder, transfer: Transferable[]): void {
    this.orders.push(order);
    this.transferred.push(...transfer);
  }

  terminate(): void {
    this.ended = true;
  }

  answer(data: DecoderAnswer): void {
    this.onmessage?.({ data } as MessageEvent<DecoderAnswer>);
  }
}

class Frame {
  closed = false;
  close(): void {
    this.closed = true;
  }
}

const config: VideoDecoderConfig = { codec: 'vp8' };

function setUp() {
  const desk = new Desk();
  const heard: string[] = [];
  const decoder = new PictureDecoder(
    {
      onFrame: () => heard.push('frame'),
      onTaken: () => heard.push('taken'),
      onUnsupported: () => heard.push('unsupported'),
      onFailed: () => heard.push('failed'),
      onMissing: () => heard.push('missing'),
    },
    desk,
  );
  const picture = (life: number, taken = 0) => {
    const frame = new Frame();
    desk.answer({ type: 'picture', life, taken, frame: frame as unknown as VideoFrame });
    return frame;
  };
  return { desk, heard, decoder, picture };
}

test('a picture of the present configuration is handed on, open', () => {
  const { decoder, heard, picture } = setUp();
  decoder.configure(config);
  expect(picture(1).closed).toBe(false);
  expect(heard).toEqual(['frame']);
});

test('pictures of an earlier configuration, and those that come after it was closed, are closed and not handed on', () => {
  const { decoder, heard, picture } = setUp();
  decoder.configure(config);
  decoder.configure(config);
  expect(picture(1).closed).toBe(true);
  decoder.close();
  expect(picture(2).closed).toBe(true);
  expect(heard).toEqual([]);
});

test('a failure of an earlier configuration does not end the present one', () => {
  const { decoder, desk, heard } = setUp();
  decoder.configure(config);
  decoder.configure(config);
  desk.answer({ type: 'failed', life: 1 });
  expect(heard).toEqual([]);
  expect(decoder.isOpen).toBe(true);
});

test.each(['failed', 'unsupported'] as const)('%s: it takes nothing until it is configured again', (type) => {
  const { decoder, desk, heard } = setUp();
  decoder.configure(config);
  desk.answer({ type, life: 1 });
  expect(heard).toEqual([type]);
  expect(decoder.isOpen).toBe(false);
  decoder.configure(config);
  expect(decoder.isOpen).toBe(true);
});

test('what was given counts as waiting until it is said to be taken', () => {
  const { decoder, desk, heard, picture } = setUp();
  decoder.configure(config);
  for (let i = 0; i < 3; i++) decoder.decode({ type: 'key', timestamp: i }, new Uint8Array(4));
  expect(decoder.queued).toBe(3);
  picture(1, 1);
  expect(decoder.queued).toBe(2);
  desk.answer({ type: 'taken', life: 1, taken: 3 });
  expect(decoder.queued).toBe(0);
  expect(heard).toEqual(['frame', 'taken']);
  decoder.decode({ type: 'delta', timestamp: 4 }, new Uint8Array(4));
  decoder.configure(config);
  expect(decoder.queued).toBe(0);
});

test('bytes go over as a copy, of that part alone', () => {
  const { decoder, desk } = setUp();
  const whole = new Uint8Array([1, 2, 3, 4]);
  decoder.configure(config);
  decoder.decode({ type: 'key', timestamp: 0 }, whole.subarray(1, 3));
  const order = desk.orders.at(-1);
  const data = order?.type === 'decode' ? order.chunk.data : undefined;
  expect(data).toEqual(new Uint8Array([2, 3]).buffer);
  expect(desk.transferred).toEqual([data]);
  expect(whole.byteLength).toBe(4);
});

test('a worker that does not start is told, and one that is stopped is ended', () => {
  const { decoder, desk, heard } = setUp();
  decoder.configure(config);
  desk.onerror?.({} as ErrorEvent);
  expect(heard).toEqual(['missing']);
  expect(decoder.isOpen).toBe(false);
  decoder.stop();
  expect(desk.ended).toBe(true);
});
