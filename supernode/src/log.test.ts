import { expect, test } from 'vitest';
import { createLog } from './log.ts';

function logged(format: 'text' | 'json', level: 'debug' | 'info' | 'warn' | 'error' = 'info') {
  const [out, err]: [string[], string[]] = [[], []];
  const log = createLog(
    { format, level },
    (line) => out.push(line),
    (line) => err.push(line),
  );
  return { log, out, err };
}

test('a line is a sentence with facts, or one JSON object; control characters reach no terminal', () => {
  const text = logged('text');
  text.log.warn('cut', 'Cut \u001b[2J', { peer: 'a', missing: undefined });
  expect(text).toMatchObject({ out: [], err: ['Cut ?[2J (peer a)'] });
  const json = logged('json');
  json.log.info('cut', 'Cut\n', { peer: 'a' });
  expect(json.out[0]).not.toContain('\n');
  expect(JSON.parse(json.out[0]!)).toMatchObject({
    level: 'info',
    event: 'cut',
    message: 'Cut\n',
    peer: 'a',
  });
});

test('what is less than the level is left out', () => {
  for (const [level, lines] of [
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ] as const) {
    const { log, out } = logged('json', level);
    for (const each of ['debug', 'info', 'warn', 'error'] as const) log[each]('x', 'X');
    expect(out).toHaveLength(lines);
  }
});
