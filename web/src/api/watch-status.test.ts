import { expect, test } from 'vitest';
import { SessionError } from '../session/session-error.ts';
import { initialWatchState, type WatchState } from '../session/watch-state.ts';
import { watchView } from '../state/watch-view.ts';
import { STALLED_AFTER_MS, watchStatus } from './watch-status.ts';

const playing = { paused: false, resting: false, stillMs: 0 };
const seen: WatchState = { ...initialWatchState, phase: 'running', pictured: true };

const phase = (state: Partial<WatchState>, now: Partial<typeof playing> = {}) => {
  const whole = { ...seen, ...state };
  return watchStatus(whole, watchView(whole, undefined, 0), { ...playing, ...now }).phase;
};

test('a stream is joined until its first picture, then it plays', () => {
  expect(phase({ pictured: false })).toBe('joining');
  expect(phase({})).toBe('playing');
});

test('a picture that stands still has stalled, unless it was paused or nobody looks', () => {
  const stillMs = STALLED_AFTER_MS;
  expect(phase({}, { stillMs: stillMs - 1 })).toBe('playing');
  expect(phase({}, { stillMs })).toBe('stalled');
  expect(phase({}, { stillMs, resting: true })).toBe('playing');
  expect(phase({}, { stillMs, paused: true })).toBe('paused');
});

test('a host that is silent or contradicted itself ends the stream, whatever else is true', () => {
  expect(phase({ silentSinceMs: 5 }, { stillMs: STALLED_AFTER_MS, paused: true })).toBe('ended');
  expect(phase({ equivocatedEpoch: 1 })).toBe('ended');
});

test('an error counts more than having stopped because of it', () => {
  expect(phase({ phase: 'stopped' })).toBe('stopped');
  expect(phase({ phase: 'stopped', error: new SessionError('no-webrtc') })).toBe('error');
});

test('before there are figures, all numbers are those of nothing', () => {
  const status = watchStatus(initialWatchState, watchView(initialWatchState, undefined, 0), playing);
  expect(status).toMatchObject({ width: 0, uploadBitsPerSecond: 0, viewersServed: 0, delayMs: undefined });
});
