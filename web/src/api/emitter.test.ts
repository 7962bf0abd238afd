import { expect, test } from 'vitest';
import { Emitter, tellChanges } from './emitter.ts';

type Status = { phase: 'joining' | 'playing'; trouble: string | undefined };

function tellings(statuses: readonly Status[]): string[] {
  const events = new Emitter<Status['phase'] | 'trouble' | 'change', Status>();
  const told: string[] = [];
  for (const name of ['joining', 'playing', 'trouble'] as const)
    events.on(name, ({ trouble }) => told.push(name === 'trouble' ? `trouble: ${trouble}` : name));
  let before: Status | undefined;
  for (const status of statuses) {
    tellChanges(events, before, status);
    before = status;
  }
  return told;
}

test('a phase is told when it begins, a trouble when it begins or changes', () => {
  const joining: Status = { phase: 'joining', trouble: undefined };
  const playing: Status = { phase: 'playing', trouble: undefined };
  const dark: Status = { phase: 'playing', trouble: 'dark' };
  expect(tellings([joining, joining, playing, dark, dark, playing, { ...dark, trouble: 'loud' }])).toEqual([
    'joining',
    'playing',
    'trouble: dark',
    'trouble: loud',
  ]);
});

test('a listener that throws is reported and keeps nothing from the others', () => {
  const reported: unknown[] = [];
  const global = globalThis as { reportError?: (error: unknown) => void };
  const { reportError } = global;
  global.reportError = (error) => reported.push(error);
  try {
    const events = new Emitter<'a', number>();
    const told: number[] = [];
    events.on('a', () => {
      throw new Error('broken listener');
    });
    const off = events.on('a', (value) => told.push(value));
    events.emit('a', 1);
    off();
    events.emit('a', 2);
    expect(told).toEqual([1]);
    expect(reported).toHaveLength(2);
  } finally {
    if (reportError) global.reportError = reportError;
    else delete global.reportError;
  }
});
