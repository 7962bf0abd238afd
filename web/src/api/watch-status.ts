/** What a watched stream tells those who embed it, from what the page itself shows. Pure. */
import type { WatchState } from '../session/watch-state.ts';
import type { WatchView } from '../state/watch-view.ts';
import type { WatchPhase, WatchStatus } from './contract.ts';

/** A picture that stands still for so long has stalled. */
export const STALLED_AFTER_MS = 1_000;

export interface Playing {
  readonly paused: boolean;
  /** Nothing is decoded, since nobody sees or hears it. */
  readonly resting: boolean;
  /** Time since a picture was painted last, in ms. */
  readonly stillMs: number;
}

export function watchStatus(state: WatchState, view: WatchView, playing: Playing): WatchStatus {
  const { figures } = view;
  return {
    phase: watchPhase(state, playing),
    title: view.title,
    progress: view.progress,
    trouble: view.trouble,
    width: figures?.width ?? 0,
    height: figures?.height ?? 0,
    delayMs: figures?.delayMs,
    hasAudio: figures?.hasAudio ?? false,
    downloadBitsPerSecond: figures?.downloadBitsPerSecond ?? 0,
    uploadBitsPerSecond: figures?.uploadBitsPerSecond ?? 0,
    viewersServed: figures?.children.length ?? 0,
  };
}

function watchPhase(state: WatchState, { paused, resting, stillMs }: Playing): WatchPhase {
  if (state.error) return 'error';
  if (state.phase === 'stopped') return 'stopped';
  if (state.silentSinceMs !== undefined || state.equivocatedEpoch !== undefined) return 'ended';
  if (!state.pictured) return 'joining';
  if (paused) return 'paused';
  return stillMs >= STALLED_AFTER_MS && !resting ? 'stalled' : 'playing';
}
