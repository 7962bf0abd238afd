import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EPOCH, START, STREAM } from '../../test-kit/frames.ts';
import { limits } from '../wire/limits.ts';
import { encodeBundle } from '../wire/message-bundle.ts';
import { MessageAssembler, type WholeMessage } from './message-assembler.ts';
import { type CutFrame, MessageCutter } from './message-cutter.ts';

const allPushed = (assembler: MessageAssembler, { header, payload }: CutFrame, at = START) =>
  assembler.push({ header, payload, hash: '', packet: payload }, at);
const pushed = (assembler: MessageAssembler, frame: CutFrame, at = START): WholeMessage | undefined => {
  const [whole, ...more] = allPushed(assembler, frame, at) ?? [];
  expect(more).toEqual([]);
  return whole;
};

const message = fc.record({ bytes: fc.uint8Array({ maxLength: 40 }), key: fc.boolean() });

describe('messages and frames', () => {
  it('[R9] what is cut comes together again', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.integer({ min: 1, max: 16 }),
        (list, frameBytes) => {
          const cutter = new MessageCutter(STREAM, EPOCH, frameBytes);
          const assembler = new MessageAssembler();
          let seq = 0;
          let keySeq = 0;
          for (const { bytes, key } of list) {
            const frames = cutter.cut(bytes, key);
            if (key) keySeq = seq;
            expect(frames).toHaveLength(Math.max(1, Math.ceil(bytes.length / frameBytes)));
            const whole: (WholeMessage | undefined)[] = [];
            for (const [index, frame] of frames.entries()) {
              expect(frame.header).toEqual({
                stream: STREAM,
                epoch: EPOCH,
                seq,
                key,
                bundle: false,
                index,
                count: frames.length,
                keySeq,
              });
              expect(frame.payload.length).toBeLessThanOrEqual(frameBytes);
              whole.push(pushed(assembler, frame, START + seq));
              seq++;
            }
            expect(whole.slice(0, -1).every((each) => each === undefined)).toBe(true);
            expect(whole.at(-1)).toMatchObject({ key, epoch: EPOCH, arrivedAt: START + seq - 1 });
            expect([...(whole.at(-1)?.bytes ?? [])]).toEqual([...bytes]);
          }
          expect(cutter.nextSeq).toBe(seq);
        },
      ),
    );
  });

  it('[R9] after gaps exactly the messages come out of which every frame came', () => {
    const lost = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), lost, (list, losses) => {
        const cutter = new MessageCutter(STREAM, EPOCH, 7);
        const assembler = new MessageAssembler();
        const expected: number[][] = [];
        const seen: number[][] = [];
        for (const { bytes, key } of list) {
          const frames = cutter.cut(bytes, key);
          if (!frames.some(({ header }) => losses[header.seq])) expected.push([...bytes]);
          for (const frame of frames) {
            if (losses[frame.header.seq]) assembler.gap();
            else {
              const whole = pushed(assembler, frame);
              if (whole) seen.push([...whole.bytes]);
            }
          }
        }
        expect(seen).toEqual(expected);
      }),
    );
  });

  it('[R9] frames that do not follow each other in their message are no message', () => {
    const assembler = new MessageAssembler();
    const header = { stream: STREAM, epoch: EPOCH, key: true, bundle: false, count: 3, keySeq: 0 };
    const payload = Uint8Array.of(1);
    for (const [seq, index] of [0, 2, 1, 2].entries()) {
      expect(pushed(assembler, { header: { ...header, seq, index }, payload })).toBeUndefined();
    }
  });

  it('[R9] frames of one message are nearly equal in size', () => {
    const frames = new MessageCutter(STREAM, EPOCH, 2_800).cut(new Uint8Array(8_500), true);
    expect(frames.map(({ payload }) => payload.length)).toEqual([2_125, 2_125, 2_125, 2_125]);
  });

  it('[R6] no message is longer than its host said that they are', () => {
    const cutter = new MessageCutter(STREAM, EPOCH, 100);
    const assembler = new MessageAssembler(250);
    const ends = [250, 251, 100].map((bytes) =>
      cutter
        .cut(new Uint8Array(bytes), true)
        .map((frame) => pushed(assembler, frame))
        .at(-1),
    );
    expect(ends.map((whole) => whole?.bytes.length)).toEqual([250, undefined, 100]);
  });

  it('[R9] an empty message is one empty frame', () => {
    const [frame, ...more] = new MessageCutter(STREAM, EPOCH, 100).cut(new Uint8Array(0), true);
    expect([frame?.payload.length, more.length]).toEqual([0, 0]);
  });

  it('[R6] the longest message passes, one byte more is the caller’s bug, and from a hostile host it is dropped', () => {
    const cutter = new MessageCutter(STREAM, EPOCH, limits.framePayloadBytesMax);
    const assembler = new MessageAssembler();
    const longest = cutter
      .cut(new Uint8Array(limits.messageBytesMax), true)
      .map((frame) => pushed(assembler, frame));
    expect(longest.at(-1)?.bytes).toHaveLength(limits.messageBytesMax);
    expect(() => cutter.cut(new Uint8Array(limits.messageBytesMax + 1), true)).toThrow('bug');
    expect(() => new MessageCutter(STREAM, EPOCH, limits.framePayloadBytesMax + 1)).toThrow('bug');

    const payload = new Uint8Array(limits.framePayloadBytesMax);
    const header = { stream: STREAM, epoch: EPOCH, key: true, bundle: false, count: 65_535, keySeq: 0 };
    for (let index = 0; index < 300; index++) {
      expect(pushed(assembler, { header: { ...header, seq: index, index }, payload })).toBeUndefined();
    }
    expect(pushed(assembler, { header: { ...header, seq: 300, index: 0, count: 1 }, payload })?.bytes).toBe(
      payload,
    );
  });
});

describe('bundles', () => {
  const bundleFrame = (payload: Uint8Array, seq = 0): CutFrame => ({
    header: { stream: STREAM, epoch: EPOCH, seq, key: true, bundle: true, index: 0, count: 1, keySeq: seq },
    payload,
  });

  it('[R9] messages and bundles come out in the order in which they went in, each once', () => {
    const bytes = fc.uint8Array({ maxLength: 9 });
    const sent = fc.record({ messages: fc.array(bytes, { minLength: 1, maxLength: 9 }), key: fc.boolean() });
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 9 }), (list) => {
        const cutter = new MessageCutter(STREAM, EPOCH, 99);
        const assembler = new MessageAssembler(9);
        const seen: WholeMessage[] = [];
        let keySeq = 0;
        for (const { messages, key } of list) {
          const seq = cutter.nextSeq;
          if (key) keySeq = seq;
          const alone = messages.length === 1;
          const frames = alone ? cutter.cut(messages[0] as Uint8Array, key) : cutter.bundle(messages, key);
          expect(frames.map(({ header }) => header)).toEqual([
            { stream: STREAM, epoch: EPOCH, seq, key, bundle: !alone, index: 0, count: 1, keySeq },
          ]);
          for (const frame of frames) seen.push(...(allPushed(assembler, frame, START + seq) ?? []));
        }
        expect(seen).toEqual(
          list.flatMap(({ messages, key }, at) =>
            messages.map((bytes) => ({ bytes, key, epoch: EPOCH, arrivedAt: START + at })),
          ),
        );
      }),
    );
  });

  it('[R9] a bundle may be longer than the stream’s longest message, and no message in it', () => {
    const assembler = new MessageAssembler(100);
    const lengths = (payload: Uint8Array) =>
      allPushed(assembler, bundleFrame(payload))?.map(({ bytes }) => bytes.length);
    expect(lengths(encodeBundle([new Uint8Array(100), new Uint8Array(100)]))).toEqual([100, 100]);
    expect(lengths(encodeBundle([new Uint8Array(1), new Uint8Array(101)]))).toBeUndefined();
  });

  it('[R9] nothing of a bundle that cannot be read comes out, and what follows does', () => {
    const assembler = new MessageAssembler();
    for (const payload of [[], [0], [0, 2, 7], [0, 1, 7, 0]])
      expect(allPushed(assembler, bundleFrame(Uint8Array.from(payload)))).toBeUndefined();
    expect(allPushed(assembler, bundleFrame(Uint8Array.of(0, 1, 7)))).toHaveLength(1);
  });

  it('[R9] a bundle in the midst of a message ends that message', () => {
    const cutter = new MessageCutter(STREAM, EPOCH, 100);
    const [first, second] = cutter.cut(new Uint8Array(200), true) as [CutFrame, CutFrame];
    const assembler = new MessageAssembler();
    expect(allPushed(assembler, first)).toEqual([]);
    expect(allPushed(assembler, bundleFrame(encodeBundle([Uint8Array.of(1)]), 1))).toHaveLength(1);
    expect(allPushed(assembler, second)).toEqual([]);
  });

  it('[R9] a bundle that does not fit into one frame is the caller’s bug', () => {
    const cutter = new MessageCutter(STREAM, EPOCH, 100);
    expect(cutter.bundle([new Uint8Array(48), new Uint8Array(48)], true)).toHaveLength(1);
    expect(() => cutter.bundle([new Uint8Array(48), new Uint8Array(49)], true)).toThrow('bug');
  });
});
