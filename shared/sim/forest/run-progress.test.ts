import { describe, expect, it } from 'vitest';
import { RunProgress } from './run-progress.ts';

function played(isTTY: boolean): string[] {
  const lines: string[] = [];
  let nowMs = 0;
  const output = { isTTY, write: (text: string) => lines.push(text) };
  const progress = new RunProgress(output, () => nowMs);
  for (let second = 1; second <= 10; second++) {
    nowMs += 10_000;
    progress.tell(second, 78, second * 1_000_000);
  }
  progress.end();
  return lines;
}

describe('the progress of a run', () => {
  it('is a line now and then where nobody looks on, with the pace since the last one', () => {
    expect(played(false)).toEqual([
      '3 of 78 s simulated, 100000 events a second, about 13 min left\n',
      '6 of 78 s simulated, 100000 events a second, about 12 min left\n',
      '9 of 78 s simulated, 100000 events a second, about 12 min left\n',
    ]);
  });

  it('is one line, written over and wiped out, on a terminal', () => {
    const lines = played(true);
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe('\r\u001b[K1 of 78 s simulated, 100000 events a second, about 13 min left');
    expect(lines.at(-1)).toBe('\r\u001b[K');
  });
});
