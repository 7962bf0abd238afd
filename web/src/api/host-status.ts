/** What a hosted stream tells those who embed it, from what the page itself shows; and what they may host. Pure. */
import type { SourceChoice } from '../media/source.ts';
import type { HostState } from '../session/host-session.ts';
import type { HostView } from '../state/host-view.ts';
import type { HostPhase, HostSource, HostStatus } from './contract.ts';

export function sourceChoice(source: HostSource): SourceChoice {
  if (source instanceof Blob)
    return { kind: 'file', file: source, name: source instanceof File ? source.name : 'a file' };
  return typeof source === 'string' ? { kind: source } : source;
}

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
