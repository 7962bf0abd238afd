import type { VideoPacket } from '@murmuration/shared/media/media-message.ts';
import { expect, test } from 'vitest';
import type { PictureOrder, PictureTelling } from './picture-messages.ts';
import { type CanvasOwner, PictureThread, type ThreadPort } from './picture-thread.ts';

/** Stands where the worker would: what it is asked is read, and what it tells is said here. */
class Desk implements ThreadPort {
  readonly orders: PictureOrder[] = [];
  readonly transferred: Transferable[] = [];
  ended = false;
  onmessage: ((event: MessageEvent<PictureTelling>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;

  postMessage(order: PictureOrder, transfer: Transferable[]): void {
    this.orders.push(order);
    this.transferred.push(...transfer);
  }

  terminate(): void {
    this.ended = true;
  }

  tell(data: PictureTelling): void {
    this.onmessage?.({ data } as MessageEvent<PictureTelling>);
  }
}

/** What is used of a canvas and of a picture: sizes, and that somebody draws. */
class Canvas {
  width = 1;
  height = 1;
  drawn = 0;
  readonly handedOver = {} as OffscreenCanvas;
  readonly #mayBeGiven: boolean;

  constructor(mayBeGiven: boolean) {
    this.#mayBeGiven = mayBeGiven;
  }

  getContext(): unknown {
    return { drawImage: () => this.drawn++ };
  }

  transferControlToOffscreen(): OffscreenCanvas {
    if (!this.#mayBeGiven) throw new DOMException('it has a context', 'InvalidStateError');
    return this.handedOver;
  }
}

class Frame {
  closed = false;
  readonly displayWidth = 640;
  readonly displayHeight = 360;
  readonly visibleRect = null;
  close(): void {
    this.closed = true;
  }
}

function setUp({ owner = 'player' as CanvasOwner, mayBeGiven = true } = {}) {
  const desk = new Desk();
  const canvas = new Canvas(mayBeGiven);
  const heard: string[] = [];
  const thread = new PictureThread(canvas as unknown as HTMLCanvasElement, owner, desk);
  thread.calls = { onTold: ({ type }) => heard.push(type), onMissing: () => heard.push('missing') };
  const show = (ptsUs: number) => {
    const frame = new Frame();
    desk.tell({ type: 'show', frame: frame as unknown as VideoFrame, quarterTurns: 0, ptsUs });
    return frame;
  };
  return { desk, canvas, heard, thread, show };
}

test('once the stream can be played, the player’s own canvas is handed over, once', () => {
  const { desk, canvas, thread } = setUp();
  expect(desk.orders).toEqual([]);
  expect(thread.hasCanvas).toBe(false);
  desk.tell({ type: 'playable' });
  desk.tell({ type: 'playable' });
  expect(desk.orders).toEqual([{ type: 'screen', canvas: canvas.handedOver }]);
  expect(desk.transferred).toEqual([canvas.handedOver]);
  expect(thread.hasCanvas).toBe(true);
});

test.each([
  ['somebody else’s canvas', { owner: 'caller' as const }],
  ['one that somebody has drawn on', { mayBeGiven: false }],
])('%s is painted here, and the thread hears when', (_, options) => {
  const { desk, canvas, thread, show } = setUp(options);
  desk.tell({ type: 'playable' });
  desk.tell({ type: 'playable' });
  expect(desk.orders).toEqual([{ type: 'screen', canvas: undefined }]);
  expect(thread.hasCanvas).toBe(false);
  expect(show(7).closed).toBe(true);
  expect(canvas.drawn).toBe(1);
  expect([canvas.width, canvas.height]).toEqual([640, 360]);
  expect(desk.orders.at(-1)).toMatchObject({ type: 'shown', ptsUs: 7 });
});

test('after the one who played has stopped, nothing is painted or told any more', () => {
  const { desk, canvas, heard, thread, show } = setUp({ owner: 'caller' });
  desk.tell({ type: 'playable' });
  thread.calls = undefined;
  expect(show(1).closed).toBe(true);
  desk.tell({ type: 'trouble', trouble: { reason: 'decoder-failed', message: '' } });
  expect(canvas.drawn).toBe(0);
  expect(heard).toEqual([]);
});

test('bytes go over as a copy, of that part alone', () => {
  const { desk, thread } = setUp();
  const whole = new Uint8Array([1, 2, 3, 4]);
  thread.packet({ bytes: whole.subarray(1, 3), ptsUs: 5 } as VideoPacket, undefined, true);
  const bytes = new Uint8Array([2, 3]);
  expect(desk.orders).toEqual([
    { type: 'packet', packet: { bytes, ptsUs: 5 }, config: undefined, restart: true },
  ]);
  expect(desk.transferred).toEqual([bytes.buffer]);
  expect(whole.byteLength).toBe(4);
});

test('a worker that does not start is told, and one that is stopped is ended', () => {
  const { desk, heard, thread } = setUp();
  desk.onerror?.({} as ErrorEvent);
  expect(heard).toEqual(['missing']);
  thread.stop();
  expect(desk.ended).toBe(true);
  desk.tell({ type: 'trouble', trouble: { reason: 'decoder-failed', message: '' } });
  expect(heard).toEqual(['missing']);
});
