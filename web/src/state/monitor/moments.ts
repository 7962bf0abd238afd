/** Times in the history of the network, as people read them. */

const DAY_MS = 86_400_000;

/** The time of day with seconds; of more than twelve hours ago also the day. In this browser's language. */
export function readableMoment(atMs: number, nowMs: number): string {
  const isLongAgo = nowMs - atMs > DAY_MS / 2;
  return new Date(atMs).toLocaleString(
    undefined,
    isLongAgo
      ? { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }
      : { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  );
}

/** How far back the plots go. */
export const spans = [
  { name: '10 minutes', ms: 10 * 60_000 },
  { name: '6 hours', ms: 6 * 3_600_000 },
  { name: '14 days', ms: 14 * DAY_MS },
] as const;
export type Span = (typeof spans)[number];
