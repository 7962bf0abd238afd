import type { PeerId, StreamId } from '@murmuration/shared/lib/ids.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { expect, test } from 'vitest';
import type { HostSample, HostState } from '../session/host-session.ts';
import { hostFigures, hostView, loweredWords } from './host-view.ts';
import { RateMeter } from './rate-meter.ts';

const state: HostState = {
  phase: 'live',
  source: undefined,
  changing: false,
  paused: false,
  lowered: undefined,
  stream: 's' as StreamId,
  liveSinceMs: 1_000,
  linkKept: true,
  error: undefined,
};

const sample = (supernodesConnected: number): HostSample => ({
  node: {
    peer: 'host' as PeerId,
    stream: 's' as StreamId,
    links: [],
    supernodesConnected,
    relay: undefined,
    members: [{ id: 'v' as PeerId, role: Role.viewer, stream: 's' as StreamId }],
    rejected: {},
    bytesIn: 0,
    bytesOut: 5_000,
    controlBytesOut: 0,
  },
  publishedBytes: 1_000,
  source: { videoFrames: 30, keyFrames: 1, width: 640, height: 360, dropped: 2 },
});

const figures = (supernodes: number) =>
  hostFigures(sample(supernodes), { upload: new RateMeter(), source: new RateMeter() }, 1_000, 61_000);

test('the figures count viewers, bytes and the time since going live', () => {
  expect(figures(1)).toMatchObject({
    viewers: 1,
    uploadedBytes: 5_000,
    videoFrames: 30,
    dropped: 2,
    liveMs: 60_000,
  });
});

test('the measured bitrate is that of all that was published, whatever the source', () => {
  const meters = { upload: new RateMeter(), source: new RateMeter() };
  const without = { ...sample(1), source: undefined };
  hostFigures(without, meters, 1_000, 10_000);
  const later = hostFigures({ ...without, publishedBytes: 2_000 }, meters, 1_000, 11_000);
  expect(later).toMatchObject({ bitsPerSecond: 8_000, width: 0, videoFrames: 0 });
});

test('a lost supernode is told while live, and nothing else', () => {
  expect(hostView(state, figures(1)).notices).toEqual([]);
  expect(hostView(state, figures(0)).notices).toEqual([
    expect.stringContaining('new viewers can join when it is back'),
  ]);
  expect(hostView({ ...state, phase: 'ready' }, undefined).notices).toEqual([]);
});

test('a link that will not last is told', () => {
  expect(hostView({ ...state, linkKept: false }, figures(1)).notices).toEqual([
    expect.stringContaining('your link changes'),
  ]);
});

test('a lowered quality is told with both rates, and what to do about a file that cannot be lowered', () => {
  const lowered = { chosen: 2_500_000, target: 900_000, fixed: false };
  const [told] = hostView({ ...state, lowered }, figures(1)).notices;
  expect(told).toContain('900 kbit/s go out instead of 2.50 Mbit/s');
  expect(loweredWords({ ...lowered, fixed: true })).toContain('Choose a quality below 900 kbit/s');
});
