/** What a hosted stream tells those who embed it, from what the page itself shows. Pure. */
import type { HostState } from '../session/host-session.ts';
import type { HostView } from '../state/host-view.ts';
import type { HostPhase, HostStatus } from './contract.ts';

export function hostStatus({
  state,
  figures,
  notices,
}: Pick<HostView, 'state' | 'figures' | 'notices'>): HostStatus {
  return {
    phase: hostPhase(state),
    viewers: figures?.viewers ?? 0,
    bitsPerSecond: figures?.bitsPerSecond ?? 0,
    uploadBitsPerSecond: figures?.uploadBitsPerSecond ?? 0,
    notices,
    trouble: state.error?.message,
  };
}

function hostPhase({ phase, error, paused, source }: HostState): HostPhase {
  if (phase !== 'live') return error ? 'error' : 'ended';
  if (paused) return 'paused';
  return source ? 'live' : 'between-sources';
}
