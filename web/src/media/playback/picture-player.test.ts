import { expect, test } from 'vitest';
import type { PictureOrder, PictureTelling } from './picture-messages.ts';
import { PicturePlayer } from './picture-player.ts';
import type { VideoTrackCalls } from './video-track.ts';

const FRAME_US = 33_333;
/** Pictures are due at their presentation time plus this. */
const OFFSET_MS = 10_000;

/** What is used of a picture: its size, and that it is closed. */
class Frame {
  closed = false;
  readonly displayWidth = 640;
  readonly displayHeight = 360;
  readonly visibleRect = null;
  close(): void {
    this.closed = true;
  }
}

/** A player with a clock of the test's, into which decoded pictures are put from outside. */
function setUp() {
  let nowMs = OFFSET_MS;
  let timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  const told: PictureTelling[] = [];
  const asked: string[] = [];
  let calls: VideoTrackCalls | undefined;
  const player = new PicturePlayer(
    {
      now: () => nowMs,
      startTimer: (callback, delayMs) => {
        const timer = { atMs: nowMs + delayMs, callback };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    (telling) => told.push(telling),
    (trackCalls) => {
      calls = trackCalls;
      const note = (what: string) => () => void asked.push(what);
      return {
        dropped: 0,
        push: note('push'),
        gap: note('gap'),
        restart: note('restart'),
        pump: note('pump'),
        setIdle: (idle) => asked.push(idle ? 'idle' : 'busy'),
      };
    },
  );
  const canvas = { width: 1, height: 1, drawn: 0, getContext: () => ({ drawImage: () => canvas.drawn++ }) };
  const order = (one: PictureOrder) => player.obey(one);
  return {
    told,
    asked,
    canvas,
    order,
    screen: (painted = true) =>
      order({ type: 'screen', canvas: painted ? (canvas as unknown as OffscreenCanvas) : undefined }),
    due: (offsetMs = OFFSET_MS) => order({ type: 'due', offsetMs }),
    decoded(ptsUs: number): Frame {
      const frame = new Frame();
      calls?.onPicture({
        frame: frame as unknown as VideoFrame,
        ptsUs,
        durationUs: FRAME_US,
        capturedAtMs: OFFSET_MS - 50 + ptsUs / 1_000,
        quarterTurns: 0,
        readyMs: nowMs,
        close: () => frame.close(),
      });
      return frame;
    },
    pass(ms: number) {
      for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
        nowMs++;
        const ripe = timers.filter(({ atMs }) => atMs <= nowMs);
        timers = timers.filter(({ atMs }) => atMs > nowMs);
        for (const { callback } of ripe) callback();
      }
    },
    painted: () => told.flatMap((one) => (one.type === 'painted' ? [one.figures] : [])),
    timersSet: () => timers.length,
    shown: () => told.flatMap((one) => (one.type === 'show' ? [one.ptsUs] : [])),
  };
}

test('pictures wait for a canvas, the first one for nothing else, the others for their time', () => {
  const { canvas, decoded, due, pass, painted, screen } = setUp();
  due();
  const frames = [200_000, 233_333, 266_666].map(decoded);
  pass(100);
  expect(canvas.drawn).toBe(0);
  screen();
  expect(canvas.drawn).toBe(1);
  expect(frames.map(({ closed }) => closed)).toEqual([true, false, false]);
  pass(100);
  expect(canvas.drawn).toBe(1);
  pass(80);
  expect(canvas.drawn).toBe(3);
  expect(painted().at(-1)).toMatchObject({ painted: 3, decoded: 3, droppedLate: 0, stalls: 0 });
});

test('a new clock holds for pictures that wait already', () => {
  const { canvas, decoded, due, pass, screen } = setUp();
  screen();
  due();
  decoded(0);
  decoded(500_000);
  pass(100);
  expect(canvas.drawn).toBe(1);
  due(OFFSET_MS - 400);
  pass(20);
  expect(canvas.drawn).toBe(2);
});

test('that the first picture stands until its time is no stall, that a later one does is', () => {
  const { decoded, due, pass, painted, screen } = setUp();
  screen();
  due();
  decoded(300_000);
  pass(330);
  decoded(333_333);
  pass(20);
  expect(painted().at(-1)).toMatchObject({ painted: 2, stalls: 0 });
  pass(400);
  decoded(366_666);
  pass(20);
  expect(painted().at(-1)).toMatchObject({ painted: 3, stalls: 1 });
});

test('of a late picture the page hears at once, of others when one is painted, or when they are many', () => {
  const { decoded, due, pass, screen, told } = setUp();
  const readiness = () =>
    told.flatMap((one) =>
      one.type === 'decoded' || one.type === 'painted' ? [[one.type, one.decoded]] : [],
    );
  due();
  pass(100);
  decoded(50_000);
  expect(readiness()).toEqual([['decoded', [{ ptsUs: 50_000, readyMs: OFFSET_MS + 100 }]]]);
  screen();
  const inTime = [1_000_000, 1_033_333];
  for (const ptsUs of inTime) decoded(ptsUs);
  expect(readiness().slice(1)).toEqual([['painted', []]]);
  pass(901);
  expect(readiness().slice(2)).toEqual([
    ['painted', inTime.map((ptsUs) => ({ ptsUs, readyMs: OFFSET_MS + 100 }))],
  ]);
  for (let i = 0; i < 9; i++) decoded(3_000_000 + i);
  expect(readiness().slice(3)).toMatchObject([['decoded', { length: 8 }]]);
});

test('what was decoded of another timeline, or before a rest, says nothing of the new one', () => {
  const { decoded, due, order, pass, screen, told } = setUp();
  screen();
  due();
  decoded(0);
  decoded(500_000);
  order({ type: 'idle', idle: true });
  order({ type: 'idle', idle: false });
  decoded(600_000);
  pass(700);
  const ready = told.flatMap((one) => (one.type === 'painted' ? one.decoded.map(({ ptsUs }) => ptsUs) : []));
  expect(ready).toEqual([600_000]);
});

test('where the page paints, a picture counts when the page says so, and those that it passed over do not', () => {
  const { decoded, due, order, pass, painted, screen, shown } = setUp();
  screen(false);
  due();
  for (const ptsUs of [0, 33_333, 66_666]) decoded(ptsUs);
  pass(100);
  expect(shown()).toEqual([0, 33_333, 66_666]);
  expect(painted()).toEqual([]);
  order({ type: 'shown', ptsUs: 33_333, atMs: OFFSET_MS + 90 });
  expect(painted()).toMatchObject([{ painted: 1, captureToPaintMs: expect.closeTo(90 + 50 - 33.333, 3) }]);
  for (const ptsUs of [0, 1]) order({ type: 'shown', ptsUs, atMs: OFFSET_MS + 95 });
  expect(painted()).toHaveLength(1);
  order({ type: 'shown', ptsUs: 66_666, atMs: OFFSET_MS + 100 });
  expect(painted()).toHaveLength(2);
});

test('a page that is busy is given no more than four pictures, and goes on with the newest that is due', () => {
  const { decoded, due, order, pass, screen, shown, timersSet } = setUp();
  screen(false);
  due();
  const late = [0, 1, 2, 3, 4, 5, 6].map((at) => {
    const frame = decoded(at * 40_000);
    pass(40);
    return frame;
  });
  expect(shown()).toEqual([0, 40_000, 80_000, 120_000]);
  expect(timersSet()).toBe(0);
  order({ type: 'shown', ptsUs: 120_000, atMs: OFFSET_MS + 290 });
  pass(20);
  expect(shown().slice(4)).toEqual([240_000]);
  expect(late.map(({ closed }) => closed)).toEqual([false, false, false, false, true, true, false]);
});

test('when another timeline begins, and while nobody looks, pictures that wait are closed', () => {
  const { asked, decoded, due, order, screen } = setUp();
  screen();
  due();
  decoded(0);
  const waiting = [decoded(100_000), decoded(133_333)];
  const packet = {} as Extract<PictureOrder, { type: 'packet' }>['packet'];
  order({ type: 'packet', packet, config: undefined, restart: true });
  expect(waiting.every(({ closed }) => closed)).toBe(true);
  const later = decoded(200_000);
  order({ type: 'idle', idle: true });
  expect(later.closed).toBe(true);
  order({ type: 'gap' });
  expect(asked).toEqual(['pump', 'restart', 'push', 'idle', 'gap']);
});

test('somebody else’s picture is painted only on a canvas that is here', () => {
  const { canvas, order, screen } = setUp();
  const frames = [new Frame(), new Frame()];
  const [early, later] = frames as unknown as [VideoFrame, VideoFrame];
  order({ type: 'paint', frame: early, quarterTurns: 0 });
  expect(canvas.drawn).toBe(0);
  screen();
  order({ type: 'paint', frame: later, quarterTurns: 0 });
  expect(canvas.drawn).toBe(1);
  expect(frames.every(({ closed }) => closed)).toBe(true);
});

/** Sixteen pictures with a delay of 500 ms, nothing for 800 ms after the last of them, then the next one. */
function pauseOf800Ms(isHeard: boolean) {
  const set = setUp();
  const { decoded, due, order, pass, screen } = set;
  const packet = {} as Extract<PictureOrder, { type: 'packet' }>['packet'];
  const comes = (at: number) => {
    order({ type: 'packet', packet, config: undefined, restart: false });
    decoded((at * 100_000) / 3);
  };
  screen();
  due(OFFSET_MS + 500);
  order({ type: 'sound', isHeard });
  for (let at = 0; at < 16; at++) {
    comes(at);
    pass(at % 3 === 0 ? 34 : 33);
  }
  pass(800);
  comes(16);
  pass(60);
  return set;
}

test('while nothing comes those that wait play slowly, and nothing stands still; not with sound', () => {
  const silent = pauseOf800Ms(false).painted();
  expect(silent.at(-1)).toMatchObject({ painted: 17, stalls: 0, droppedLate: 0 });
  const heard = pauseOf800Ms(true).painted();
  expect(heard.at(-1)).toMatchObject({ painted: 17, stalls: 1, droppedLate: 0 });
});

test('slow motion hides no lateness from the clock', () => {
  const { told } = pauseOf800Ms(false);
  const late = told.flatMap((one) => (one.type === 'decoded' ? one.decoded : [])).at(-1);
  const takesMs = (late?.readyMs ?? 0) - (late?.ptsUs ?? 0) / 1_000 - OFFSET_MS;
  expect(takesMs).toBeCloseTo(800, -1);
});
