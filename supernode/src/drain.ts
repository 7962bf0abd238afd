/**
 * How a supernode goes without a crowd at the doors of the others: clients are told where else to go and have some seconds for it,
 * a random one each; whoever is left is closed a few at a time. It never takes longer than {@link drainWithinMs}.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Draining {
  /** Clients with an open WebSocket; other supernodes are not waited for. */
  clients(): number;
  /** Tells all clients. */
  sendAway(withinMs: number, alternates: readonly string[]): void;
  /** Says goodbye to so many of them. */
  shed(clients: number): void;
}

/** Each client adds so much to the time in which they move: 200 a second arrive at the alternates. */
const MS_PER_CLIENT = 5;
const MOVE_MS_MIN = 1_000;
/** After its move a client keeps the old socket for 2 s (PROTOCOL.md R36). */
const LINGER_MS = 2_500;
const LOOK_EVERY_MS = 50;
/** The rest is closed in so many parts. */
const PARTS = 50;
const PART_EVERY_MS = 20;

/** The longest that {@link drain} takes, ms. */
export const drainWithinMs = (moveMsMax: number): number =>
  moveMsMax + LINGER_MS + PARTS * PART_EVERY_MS + 500;

/** Resolves when nobody is left, or all have been told goodbye. */
export async function drain(
  supernode: Draining,
  alternates: readonly string[],
  moveMsMax: number,
): Promise<void> {
  const clients = supernode.clients();
  if (clients === 0) return;
  const moveMs = Math.min(moveMsMax, Math.max(MOVE_MS_MIN, clients * MS_PER_CLIENT));
  // Without alternates there is nothing to wait for; they learn not to come back at once.
  supernode.sendAway(alternates.length === 0 ? 0 : moveMs, alternates);
  const until = performance.now() + (alternates.length === 0 ? 0 : moveMs + LINGER_MS);
  while (supernode.clients() > 0 && performance.now() < until) await sleep(LOOK_EVERY_MS);
  const part = Math.max(1, Math.ceil(supernode.clients() / PARTS));
  for (let parts = 0; parts < PARTS && supernode.clients() > 0; parts++) {
    supernode.shed(part);
    await sleep(PART_EVERY_MS);
  }
}
