import type { PeerId, StreamId } from '@murmuration/shared/lib/ids.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { expect, test } from 'vitest';
import type { HostSample, HostState } from '../session/host-session.ts';
import { hostFigures, hostView } from './host-view.ts';
import { RateMeter } from './rate-meter.ts';

const state: HostState = {
  phase: 'live',
  source: undefined,
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
  source: { videoFrames: 30, audioPackets: 50, bytes: 1_000, keyFrames: 1, dropped: 0 },
});

const figures = (supernodes: number) =>
  hostFigures(sample(supernodes), { upload: new RateMeter(), source: new RateMeter() }, 1_000, 61_000);

test('the figures count viewers, bytes and the time since going live', () => {
  expect(figures(1)).toMatchObject({ viewers: 1, uploadedBytes: 5_000, videoFrames: 30, liveMs: 60_000 });
});

test('a lost supernode is told while live, and nothing else', () => {
  expect(hostView(state, figures(1)).notice).toBeUndefined();
  expect(hostView(state, figures(0)).notice).toContain('new viewers can join when it is back');
  expect(hostView({ ...state, phase: 'ready' }, undefined).notice).toBeUndefined();
});

test('a link that will not last is told', () => {
  expect(hostView({ ...state, linkKept: false }, figures(1)).notice).toContain('your link changes');
});
