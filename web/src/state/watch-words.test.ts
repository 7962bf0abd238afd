import { GraphStep, JoinStep, Offence } from '@murmuration/shared/node/events.ts';
import { expect, test } from 'vitest';
import { SessionError } from '../session/session-error.ts';
import { initialWatchState, type WatchState } from '../session/watch-state.ts';
import { readableTime } from './readable-numbers.ts';
import { clockWords, joinWords, mapWords, offenceWords, troubleWords } from './watch-words.ts';

const running = (part: Partial<WatchState>): WatchState => ({
  ...initialWatchState,
  phase: 'running',
  ...part,
});

test('every step of joining has words of its own', () => {
  const words = Object.values(JoinStep).map((step) => joinWords(running({ step })));
  expect(new Set(words).size).toBe(words.length);
});

test('a redirection says how many members it found', () => {
  expect(joinWords(running({ step: 'redirected', peersFound: 1 }))).toContain('1 member of');
  expect(joinWords(running({ step: 'redirected', peersFound: 0 }))).toContain('Waiting for the host');
});

test('in trouble the words are about what is waited for, whatever was reached before', () => {
  expect(joinWords(running({ step: 'contacting', trouble: 'no-members' }))).toBe('Waiting for the host…');
});

test('how the map was taken has words for every step, and tells of neighbours that were given up', () => {
  const words = [undefined, ...Object.values(GraphStep)].map((map) => mapWords({ map, laggards: 0 }));
  expect(new Set(words).size).toBe(words.length);
  expect(mapWords({ map: 'checked', laggards: 2 })).toContain('left 2 neighbours');
});

test('all is well: no words of trouble', () => {
  expect(troubleWords(running({ step: 'receiving' }), 0)).toBeUndefined();
});

test('a silent host is told with the time it was last heard; an error goes first', () => {
  const silent = running({ silentSinceMs: 1_000, trouble: 'no-members' });
  expect(troubleWords(silent, 0)).toContain(`silent since ${readableTime(1_000)}`);
  const error = new SessionError('insecure-page');
  expect(troubleWords({ ...silent, error }, 0)).toBe(error.message);
});

test('a stream whose host contradicted itself is told to have stopped, before anything else that is wrong with it', () => {
  const ended = running({ step: 'receiving', pictured: true, equivocatedEpoch: 1, silentSinceMs: 1_000 });
  expect(troubleWords(ended, 0)).toMatch(/two different versions.*stopped.*goes on by itself/);
  expect(joinWords(ended)).toContain('Stopped');
});

test.each(['no-supernode', 'no-members', 'no-path'] as const)('%s says what to do', (trouble) => {
  expect(troubleWords(running({ trouble, troubleSinceMs: 0 }), 5_000)).toMatch(
    /[Cc]heck|keep this page open|try another/,
  );
});

test('no path names the way out that an operator has', () => {
  expect(troubleWords(running({ trouble: 'no-path', troubleSinceMs: 0 }), 5_000)).toContain('TURN');
});

test('clocks that are far apart are told instead of a delay that cannot be', () => {
  expect(clockWords(120)).toBeUndefined();
  expect(clockWords(-40)).toBeUndefined();
  expect(clockWords(-3_600_000)).toMatch(/1:00:00 behind the host’s/);
  expect(clockWords(90_000)).toMatch(/1:30 ahead of the host’s.*Set both/);
});

test('every offence has words', () => {
  for (const offence of Object.values(Offence)) expect(offenceWords(offence)).toBeTruthy();
});

test('a trouble that has only just begun is no alarm yet', () => {
  const state = running({ trouble: 'no-members', troubleSinceMs: 10_000 });
  expect(troubleWords(state, 10_500)).toBeUndefined();
  expect(troubleWords(state, 12_000)).toBeDefined();
});
