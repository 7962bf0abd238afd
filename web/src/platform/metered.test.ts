import { expect, test } from 'vitest';
import { isMetered } from './metered.ts';

test.each([
  [undefined, false],
  [{}, false],
  [{ type: 'wifi', saveData: false }, false],
  [{ type: 'cellular' }, true],
  [{ type: 'wifi', saveData: true }, true],
])('%j: %s', (connection, metered) => {
  expect(isMetered(connection)).toBe(metered);
});
