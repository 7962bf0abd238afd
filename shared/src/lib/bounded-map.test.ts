import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedMap } from './bounded-map.ts';

describe('a bounded map', () => {
  it('[R6] never holds more than its cap and gives up what was set longest ago', () => {
    const map = new BoundedMap<string, number>(2);
    expect(map.set('a', 1)).toBeUndefined();
    expect(map.set('b', 2)).toBeUndefined();
    expect(map.set('a', 3)).toBeUndefined();
    expect(map.set('c', 4)).toEqual(['b', 2]);
    expect([...map.entries()]).toEqual([
      ['a', 3],
      ['c', 4],
    ]);
  });

  it('[R6] agrees with a list of the last keys set', () => {
    const step = fc.record({ key: fc.nat(8), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 1, max: 5 }), (steps, entriesMax) => {
        const map = new BoundedMap<number, number>(entriesMax);
        let model: number[] = [];
        for (const { key, remove } of steps) {
          model = model.filter((held) => held !== key);
          if (remove) map.delete(key);
          else {
            map.set(key, key * 2);
            model = [...model, key].slice(-entriesMax);
          }
          expect([...map.keys()]).toEqual(model);
          expect([...map.values()]).toEqual(model.map((held) => held * 2));
        }
      }),
    );
  });
});
