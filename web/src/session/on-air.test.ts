import { expect, test } from 'vitest';
import { SourceSwitch } from '../media/capture/source-switch.ts';
import type { LiveSource } from '../media/source.ts';
import { type LoweredRate, OnAir } from './on-air.ts';

type Start = Parameters<LiveSource['start']>;

/** A source of one letter, which says it when it is told to. */
class LetterSource {
  readonly info = { width: 640, height: 360, bitsPerSecond: 2_000_000, description: '' };
  readonly did: string[] = [];
  readonly #letter: string;
  readonly #canChange: boolean;
  #started: Start | undefined;

  constructor(letter: string, canChange = true) {
    this.#letter = letter;
    this.#canChange = canChange;
  }

  get originMs(): number | undefined {
    return this.#started?.[2];
  }

  start(...started: Start): void {
    this.#started = started;
    this.did.push('start');
  }

  say(key = false): void {
    this.#started?.[0](new Uint8Array([this.#letter.charCodeAt(0)]), key);
  }

  end(): void {
    this.#started?.[1]();
  }

  setBitrate(bitsPerSecond: number | undefined): number | undefined {
    this.did.push(`rate ${bitsPerSecond}`);
    return this.#canChange ? (bitsPerSecond ?? 2_000_000) : undefined;
  }

  setPaused(paused: boolean): void {
    this.did.push(paused ? 'pause' : 'resume');
  }

  stop(): void {
    this.did.push('stop');
  }

  stats() {
    return { videoFrames: 0, keyFrames: 0, width: 0, height: 0, dropped: 0 };
  }
}

type Rate = { readonly bitsPerSecond: number; readonly lowered: LoweredRate | undefined };

/** Tells once a second that viewers starve, for as long as it takes. */
function starve(onAir: OnAir): void {
  for (let nowMs = 0; nowMs < 3_000; nowMs += 1_000)
    onAir.heardSupply({ nodes: 4, starvingShare: 1, spareShare: 0 }, nowMs);
}

const live = (source: LetterSource): LiveSource => source as unknown as LiveSource;

function goOnAir(first: LetterSource) {
  const cards: LetterSource[] = [];
  const heard = { published: '', lost: 0, failed: 0, rates: [] as Rate[] };
  const openCard = () => {
    const card = new LetterSource('#');
    cards.push(card);
    return live(card);
  };
  const onAir = new OnAir({ SourceSwitch, openCard }, live(first), {
    publish: (message) => {
      heard.published += String.fromCharCode(...message);
    },
    sourceLost: () => heard.lost++,
    failed: () => heard.failed++,
    rateChanged: (bitsPerSecond, lowered) => heard.rates.push({ bitsPerSecond, lowered }),
  });
  return { onAir, heard, cards };
}

test('a source is closed once the next one is on, and both count from the same moment', () => {
  const [a, b] = [new LetterSource('a'), new LetterSource('b')];
  const { onAir, heard } = goOnAir(a);
  a.say(true);
  onAir.show(live(b));
  a.say();
  expect(a.did).not.toContain('stop');
  b.say(true);
  a.say();
  expect(a.did).toContain('stop');
  expect(heard.published).toBe('aab');
  expect(onAir.publishedBytes).toBe(3);
  expect(b.originMs).toBe(a.originMs);
});

test('while paused a card is on, and the source goes on afterwards', () => {
  const a = new LetterSource('a');
  const { onAir, heard, cards } = goOnAir(a);
  a.say(true);
  onAir.setPaused(true);
  cards[0]?.say(true);
  a.say();
  expect(a.did.at(-1)).toBe('pause');
  onAir.setPaused(false);
  cards[0]?.say();
  a.say(true);
  expect(a.did.at(-1)).toBe('resume');
  expect(cards[0]?.did).toEqual(['start', 'stop']);
  expect(heard.published).toBe('a##a');
});

test('a source that ends leaves a card, until another one is shown', () => {
  const [a, b] = [new LetterSource('a'), new LetterSource('b')];
  const { onAir, heard, cards } = goOnAir(a);
  a.say(true);
  a.end();
  expect(heard.lost).toBe(1);
  cards[0]?.say(true);
  onAir.show(live(b));
  b.say(true);
  expect(heard.published).toBe('a#b');
  expect(cards[0]?.did.at(-1)).toBe('stop');
});

test('a source that was replaced already may end without a word', () => {
  const [a, b] = [new LetterSource('a'), new LetterSource('b')];
  const { onAir, heard, cards } = goOnAir(a);
  a.say(true);
  onAir.show(live(b));
  a.end();
  expect([heard.lost, cards.length]).toEqual([0, 0]);
});

test('when not even a card can be shown, that is told', () => {
  const a = new LetterSource('a');
  const { heard, cards } = goOnAir(a);
  a.end();
  cards[0]?.end();
  expect(heard.failed).toBe(1);
});

test('everything that runs is closed at the end', () => {
  const [a, b] = [new LetterSource('a'), new LetterSource('b')];
  const { onAir, cards } = goOnAir(a);
  a.say(true);
  onAir.setPaused(true);
  onAir.show(live(b));
  onAir.stop();
  for (const source of [a, b, ...cards]) expect(source.did.filter((did) => did === 'stop')).toHaveLength(1);
});

test('where viewers starve the source is lowered, and that is told', () => {
  const a = new LetterSource('a');
  const { onAir, heard } = goOnAir(a);
  starve(onAir);
  expect(a.did.at(-1)).toBe('rate 800000');
  expect(heard.rates.at(-1)).toEqual({
    bitsPerSecond: 800_000,
    lowered: { chosen: 2_000_000, target: 800_000, fixed: false },
  });
  const b = new LetterSource('b');
  onAir.show(live(b));
  expect(b.did, 'the next source is lowered from the start').toContain('rate 800000');
  expect(onAir.chooseBitrate(500_000)).toBe(true);
  expect(heard.rates.at(-1)).toEqual({ bitsPerSecond: 500_000, lowered: undefined });
});

test('a source that cannot be lowered is left alone, and that is told too', () => {
  const a = new LetterSource('a', false);
  const { onAir, heard } = goOnAir(a);
  expect(a.did).toEqual(['start']);
  starve(onAir);
  expect(heard.rates.at(-1)).toEqual({
    bitsPerSecond: 2_000_000,
    lowered: { chosen: 2_000_000, target: 800_000, fixed: true },
  });
  expect(onAir.chooseBitrate(500_000), 'it would have to be opened anew').toBe(false);
});
