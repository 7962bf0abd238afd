import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import { expect, test } from 'vitest';
import type { LiveSource } from '../media/source.ts';
import type { HostState } from '../session/host-session.ts';
import { SessionError } from '../session/session-error.ts';
import { hostStatus } from './host-status.ts';

const live: HostState = {
  phase: 'live',
  source: {} as LiveSource,
  changing: false,
  paused: false,
  lowered: undefined,
  stream: 's' as StreamId,
  liveSinceMs: 0,
  linkKept: true,
  error: undefined,
};

const status = (part: Partial<HostState>) =>
  hostStatus({ state: { ...live, ...part }, figures: undefined, notices: ['few copies'] });

test('a host is live, paused, between sources, or it is over and says why', () => {
  expect(status({}).phase).toBe('live');
  expect(status({ paused: true }).phase).toBe('paused');
  expect(status({ source: undefined }).phase).toBe('between-sources');
  expect(status({ phase: 'idle' }).phase).toBe('ended');
  const error = new SessionError('signed-twice');
  expect(status({ phase: 'idle', error })).toMatchObject({ phase: 'error', trouble: error.message });
});

test('what failed while the stream goes on is a trouble, not its end', () => {
  const error = new SessionError('source-failed');
  expect(status({ error })).toMatchObject({ phase: 'live', trouble: error.message, notices: ['few copies'] });
});
