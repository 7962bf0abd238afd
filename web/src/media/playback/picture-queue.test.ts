import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PictureQueue } from './picture-queue.ts';

class FakePicture {
  readonly ptsUs: number;
  closed = 0;
  constructor(ptsUs: number) {
    this.ptsUs = ptsUs;
  }
  close(): void {
    this.closed++;
  }
}

const until = (limitUs: number) => (ptsUs: number) => ptsUs <= limitUs;

describe('picture queue', () => {
  test('hands out the newest that is due and closes those before it', () => {
    const queue = new PictureQueue<FakePicture>();
    const pictures = [10, 20, 30, 40].map((pts) => new FakePicture(pts));
    for (const picture of pictures) queue.add(picture);
    expect(queue.takeDue(until(5))).toBeUndefined();
    expect(queue.takeDue(until(30))?.ptsUs).toBe(30);
    expect(pictures.map(({ closed }) => closed)).toEqual([1, 1, 0, 0]);
    expect(queue.dropped).toBe(2);
    expect(queue.length).toBe(1);
  });

  test('puts reordered pictures right, and closes one that comes after a later one was shown', () => {
    const queue = new PictureQueue<FakePicture>();
    for (const pts of [10, 40, 20]) queue.add(new FakePicture(pts));
    expect([15, 25].map((now) => queue.takeDue(until(now))?.ptsUs)).toEqual([10, 20]);
    const late = new FakePicture(15);
    queue.add(late);
    expect(late.closed).toBe(1);
    expect(queue.takeDue(until(50))?.ptsUs).toBe(40);
  });

  test('after clear another timeline begins', () => {
    const queue = new PictureQueue<FakePicture>();
    queue.add(new FakePicture(1_000));
    queue.takeDue(until(1_000));
    queue.clear();
    queue.add(new FakePicture(5));
    expect(queue.takeDue(until(5))?.ptsUs).toBe(5);
  });

  test('every picture is handed out or closed, exactly once, and shown in order', () => {
    const step = fc.oneof(
      fc.record({ add: fc.nat({ max: 100 }) }),
      fc.record({ take: fc.nat({ max: 100 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new PictureQueue<FakePicture>();
        const all: FakePicture[] = [];
        const shown: FakePicture[] = [];
        for (const action of steps) {
          if ('add' in action) {
            const picture = new FakePicture(action.add);
            all.push(picture);
            queue.add(picture);
          } else {
            const taken = queue.takeDue(until(action.take));
            if (taken) shown.push(taken);
          }
        }
        queue.clear();
        for (const picture of all) expect(picture.closed).toBe(shown.includes(picture) ? 0 : 1);
        const times = shown.map(({ ptsUs }) => ptsUs);
        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      }),
    );
  });
});
