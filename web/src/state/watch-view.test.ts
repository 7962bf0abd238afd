import type { PeerId, StreamId } from '@murmuration/shared/lib/ids.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { expect, test } from 'vitest';
import { SessionError } from '../session/session-error.ts';
import type { WatchSample } from '../session/watch-session.ts';
import { initialWatchState } from '../session/watch-state.ts';
import { RateMeter } from './rate-meter.ts';
import { figuresAreDue, watchFigures, watchView } from './watch-view.ts';

const sample = (bytesIn: number, bytesOut: number): WatchSample => ({
  node: {
    peer: 'me' as PeerId,
    stream: 's' as StreamId,
    links: [
      {
        peer: 'sn' as PeerId,
        role: Role.supernode,
        outside: false,
        rttMs: 1,
        parentOf: [],
        childOf: [],
        standbyOf: [],
        framesIn: 0,
        framesOut: 0,
        payloadBytesIn: 0,
        payloadBytesOut: 0,
      },
    ],
    supernodesConnected: 1,
    relay: undefined,
    members: [],
    rejected: {},
    bytesIn,
    bytesOut,
    controlBytesOut: 0,
  },
  player: {
    way: 'webcodecs',
    paused: false,
    behindMs: 0,
    painted: 0,
    decoded: 0,
    droppedLate: 0,
    malformed: 0,
    playoutDelayMs: 60,
    captureToPaintMs: undefined,
    width: 0,
    height: 0,
    hasAudio: false,
    audioRunning: false,
    audioDecoded: 0,
    stalls: 0,
    trouble: undefined,
  },
});

test('a node without a place in the relay shows zeros and unknowns, not wrong figures', () => {
  const meters = { download: new RateMeter(), upload: new RateMeter() };
  expect(watchFigures(sample(0, 0), meters, 0)).toMatchObject({
    depth: undefined,
    delayMs: undefined,
    givenBytes: 0,
    framesConfirmed: 0,
    links: 0,
    origin: { hostShare: undefined },
  });
});

test('rates are in bits a second, from what goes over the wire', () => {
  const meters = { download: new RateMeter(), upload: new RateMeter() };
  watchFigures(sample(0, 0), meters, 0);
  const figures = watchFigures(sample(125_000, 250_000), meters, 1_000);
  expect(figures).toMatchObject({ downloadBitsPerSecond: 1_000_000, uploadBitsPerSecond: 2_000_000 });
});

test('a cut names the peer in short and what it did', () => {
  const cut = { peer: 'abcdefghijklmnopqrstuvwxyzA' as PeerId, offence: 'forged-frame' as const };
  const view = watchView({ ...initialWatchState, cuts: [cut], cutsTotal: 1 }, undefined, 0);
  expect(view.cuts).toEqual(['abcdef sent a forged frame']);
});

test('a picture is live while the host is heard and nothing keeps it late', () => {
  const meters = { download: new RateMeter(), upload: new RateMeter() };
  const figures = watchFigures(sample(0, 0), meters, 0);
  const state = { ...initialWatchState, pictured: true };
  expect(watchView(state, figures, 0).atLiveEdge).toBe(true);
  expect(watchView(state, { ...figures, behindMs: 500 }, 0).atLiveEdge).toBe(false);
  expect(watchView({ ...state, silentSinceMs: 0 }, figures, 0).atLiveEdge).toBe(false);
  expect(watchView({ ...state, pictured: false }, figures, 0).atLiveEdge).toBe(false);
});

test('only an error ends the page’s own efforts', () => {
  const silent = watchView({ ...initialWatchState, silentSinceMs: 0 }, undefined, 0);
  expect(silent).toMatchObject({ failed: false, trouble: expect.stringContaining('silent since') });
  const error = new SessionError('unsupported-browser');
  expect(watchView({ ...initialWatchState, error }, undefined, 0).failed).toBe(true);
});

test('figures wait for the first picture, and for no longer than a join takes', () => {
  expect(figuresAreDue(false, 0)).toBe(false);
  expect(figuresAreDue(false, 1_999)).toBe(false);
  expect(figuresAreDue(true, 300)).toBe(true);
  expect(figuresAreDue(false, 2_000)).toBe(true);
});
