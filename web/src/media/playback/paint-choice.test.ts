import { describe, expect, test } from 'vitest';
import { PaintChoice, type PaintWay } from './paint-choice.ts';

/** Paints `count` pictures that cannot be converted, each as it asks for; returns the ways. */
function paint(choice: PaintChoice, count: number, costMs: (way: PaintWay, picture: number) => number) {
  return Array.from({ length: count }, (_, picture) => {
    const way = wayOf(choice);
    if (way !== 'convert') choice.took(way, costMs(way, picture));
    return way;
  });
}

const wayOf = (choice: PaintChoice): PaintWay => choice.way(false, 0);

describe('how pictures are put onto the canvas', () => {
  test('where drawing costs next to nothing, nothing else is ever tried', () => {
    expect(new Set(paint(new PaintChoice(), 100, () => 0.1))).toEqual(new Set(['draw']));
  });

  test('where drawing is dear and copying cheaper, pictures are copied', () => {
    const choice = new PaintChoice();
    paint(choice, 30, (way) => (way === 'draw' ? 1.2 : 0.7));
    expect(new Set(paint(choice, 100, (way) => (way === 'draw' ? 1.2 : 0.7)))).toEqual(new Set(['copy']));
  });

  test('where copying costs as much, they are drawn', () => {
    const choice = new PaintChoice();
    paint(choice, 30, (way) => (way === 'draw' ? 1.2 : 1.1));
    expect(new Set(paint(choice, 100, () => 1.2))).toEqual(new Set(['draw']));
  });

  test('a machine that was busy for most pictures decides nothing', () => {
    const choice = new PaintChoice();
    paint(choice, 15, (_, picture) => (picture % 3 > 0 ? 40 : 0.1));
    expect(wayOf(choice)).toBe('draw');
    const other = new PaintChoice();
    paint(other, 30, (way, picture) => (picture % 3 > 0 ? 40 : way === 'draw' ? 1.2 : 0.7));
    expect(wayOf(other)).toBe('copy');
  });

  test('once copying failed it is never tried again, nor for pictures of another size', () => {
    const choice = new PaintChoice();
    paint(choice, 20, () => 1.2);
    expect(wayOf(choice)).toBe('copy');
    choice.refuse();
    expect(wayOf(choice)).toBe('draw');
    choice.again();
    expect(new Set(paint(choice, 100, () => 1.2))).toEqual(new Set(['draw']));
  });

  test('in the first seconds whatever can be converted is, and later where drawing is dear', () => {
    const choice = new PaintChoice();
    expect(choice.way(true, 1_000)).toBe('convert');
    expect(choice.way(false, 1_500)).toBe('draw');
    expect(choice.way(true, 5_999)).toBe('convert');
    expect(choice.way(true, 6_000), 'now it can be measured').toBe('draw');
    paint(choice, 15, () => 0.1);
    expect(choice.way(true, 7_000)).toBe('draw');
    choice.again();
    expect(choice.way(true, 7_000), 'a page joins once').toBe('draw');
    paint(choice, 15, () => 1.2);
    expect(choice.way(true, 8_000)).toBe('convert');
    expect(choice.way(false, 8_000)).toBe('copy');
    choice.again();
    expect(choice.way(true, 9_000), 'no graphics card has turned up').toBe('convert');
  });

  test('pictures of another size are measured anew', () => {
    const choice = new PaintChoice();
    paint(choice, 30, (way) => (way === 'draw' ? 1.2 : 0.7));
    choice.again();
    expect(wayOf(choice)).toBe('draw');
    paint(choice, 30, (way) => (way === 'draw' ? 1.2 : 3));
    expect(wayOf(choice)).toBe('draw');
  });
});
