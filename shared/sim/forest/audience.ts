/** What the viewers of a relay world live through: stalls, lost parents, starved stripes, and how soon they are back after a catastrophe. */
import type { VirtualClock } from '../virtual-clock.ts';
import type { WorldNode } from './relay-world-parts.ts';
import type { Team } from './team.ts';
import { ParentLosses, ViewerLog } from './viewer-log.ts';

/** Whoever is no further behind the host than that is back. */
const BACK_WITHIN_MS = 700;
/** Of the survivors that could be reached, so many must be back. */
const BACK_SHARE = 0.99;
const LOOK_EVERY_MS = 100;
const RECOVERY_PATIENCE_MS = 20_000;
/** A newcomer takes that long until a missing parent counts. */
const SETTLED_MS = 5_000;

export class Audience {
  /** Of the own viewers. */
  readonly losses = new ParentLosses();
  /** From the catastrophe until nearly all who could be reached are back, ms; NaN if there was none. */
  recoverMs = Number.NaN;
  /** Stripes without a parent, summed over seconds in which somebody had a free slot. */
  starvedStripeSeconds = 0;
  readonly #clock: VirtualClock;
  /** By the index of a viewer. */
  readonly #logs: ViewerLog[] = [];
  #stallsBefore = 0;
  #viewerMs = 0;
  #countedAtMs: number | undefined;

  readonly #team: Team;

  /** @param team of which each member hears of the deliveries to its own viewers only */
  constructor(clock: VirtualClock, team: Team) {
    this.#clock = clock;
    this.#team = team;
  }

  #logOf(node: WorldNode): ViewerLog {
    // The host's place among them is never looked at.
    while (this.#logs.length <= node.index) this.#logs.push(new ViewerLog());
    return this.#logs[node.index] as ViewerLog;
  }

  delivered(node: WorldNode, publishedAtMs: number, nowMs: number): void {
    this.#logOf(node).delivered(publishedAtMs, nowMs);
    this.losses.delivered(node.index, publishedAtMs, nowMs);
  }

  /** Stalls count from now on. */
  open(): void {
    this.#stallsBefore = this.#stalls;
    this.#countedAtMs = this.#clock.nowMs;
  }

  get #stalls(): number {
    let stalls = 0;
    for (const log of this.#logs) stalls += log.stalls;
    return stalls;
  }

  /** Stalls of a viewer in an hour of watching, since {@link open}. */
  get stallsPerHour(): number {
    return (this.#team.sum(this.#stalls - this.#stallsBefore) * 3_600_000) / this.#viewerMs;
  }

  /** To be called every second or so while things are counted. */
  look(live: readonly WorldNode[]): void {
    const { nowMs } = this.#clock;
    if (this.#countedAtMs === undefined) return;
    const passedMs = nowMs - this.#countedAtMs;
    this.#countedAtMs = nowMs;
    const own = live.filter(({ index }) => this.#team.owns(index));
    let starved = 0;
    for (const { isHost, hostile, joinedAtMs, machine } of own)
      if (!isHost && !hostile && nowMs - joinedAtMs > SETTLED_MS) starved += machine.orphanedStripes;
    const withRoom = own.some(({ machine }) => machine.freeSlots > 0) ? 1 : 0;
    const [room = 0, starvedStripes = 0] = this.#team.sums([withRoom, starved]);
    if (room > 0) this.starvedStripeSeconds += (starvedStripes * passedMs) / 1_000;
    for (const { isHost, hostile } of live) if (!isHost && !hostile) this.#viewerMs += passedMs;
  }

  /** A viewer is about to go: those whom it feeds lose a parent. */
  leaves(node: WorldNode, byPeer: (peer: WorldNode['peer']) => WorldNode | undefined): void {
    this.losses.forget(node.index);
    const own = this.#team.owns(node.index)
      ? node.machine.children
          .map(byPeer)
          .flatMap((child) => (child === undefined || child.hostile ? [] : [child.index]))
      : [];
    for (const index of this.#team.gather(own)) if (this.#team.owns(index)) this.#lost(index);
  }

  #lost(child: number): void {
    this.losses.lost(child, this.#logs[child]?.usualMs, this.#clock.nowMs);
  }

  /** Many have gone at once: watches until those who still have a way of links to the host are back. */
  catastrophe(host: WorldNode): void {
    const reached = [...reachable(host)].filter(({ isHost, hostile }) => !isHost && !hostile);
    const { nowMs: atMs } = this.#clock;
    // Where nobody is left within reach there is nothing to measure.
    if (reached.length === 0) return;
    const look = (): void => {
      const { nowMs } = this.#clock;
      const present = reached.filter(({ goneAtMs }) => goneAtMs === undefined);
      // What was on its way is no sign of recovery.
      const own = present.filter(({ index }) => this.#team.owns(index));
      const back = own.filter((node) => {
        const newest = this.#logOf(node).newestPublishedAtMs;
        return newest >= atMs && nowMs - newest <= BACK_WITHIN_MS;
      });
      if (this.#team.sum(back.length) >= BACK_SHARE * present.length) this.recoverMs = nowMs - atMs;
      else if (nowMs - atMs < RECOVERY_PATIENCE_MS) this.#clock.call(nowMs + LOOK_EVERY_MS, look);
      else this.recoverMs = Number.POSITIVE_INFINITY;
    };
    this.#clock.call(atMs + LOOK_EVERY_MS, look);
  }
}

function reachable(host: WorldNode): Set<WorldNode> {
  const reached = new Set([host]);
  // A set that grows while it is walked is walked to its end.
  for (const node of reached) {
    for (const { to } of node.links.values()) if (to.goneAtMs === undefined) reached.add(to);
  }
  return reached;
}
