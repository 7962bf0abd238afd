/**
 * How long an update takes: from the moment when a node's word can leave it until 99% of the live replicas that are meant to hold it
 * do; and how long a crashed node is listed by those who can know better.
 */
import type { PeerId } from '../../src/lib/ids.ts';
import { GraphLevel } from '../../src/wire/graph-messages.ts';
import { RecordStatus, type RecordVersion } from '../../src/wire/membership-record.ts';
import type { WorldNode } from './world-node.ts';

/** So many replicas of those that are meant to hold an update must have it. */
const SHARE = 0.99;
/** A node that joined this lately is still taking the graph. */
const NEWCOMER_MS = 10_000;
/** Replicas that are asked about each crash. */
const ASKED_PER_CRASH = 20;

interface Update {
  readonly of: WorldNode;
  readonly version: RecordVersion;
  readonly bornAtMs: number;
  readonly holders: number;
  missing: WorldNode[];
}

interface Crash {
  readonly id: PeerId;
  readonly atMs: number;
  asked: WorldNode[];
}

export class UpdateWatch {
  #updates: Update[] = [];
  #crashes: Crash[] = [];
  readonly convergedMs: number[] = [];
  readonly goneMs: number[] = [];

  /** A node's record of this version can spread from now on. */
  born(node: WorldNode, version: RecordVersion, nodes: Iterable<WorldNode>, nowMs: number): void {
    const missing: WorldNode[] = [];
    for (const holder of nodes) {
      if (holder === node || holder.goneAtMs !== undefined || nowMs - holder.joinedAtMs < NEWCOMER_MS)
        continue;
      if (holder.kind === 'supernode' || isMeant(holder, node)) missing.push(holder);
    }
    this.#updates.push({ of: node, version, bornAtMs: nowMs, holders: missing.length, missing });
  }

  crashed(node: WorldNode, nodes: Iterable<WorldNode>, nowMs: number): void {
    const asked: WorldNode[] = [];
    for (const other of nodes) {
      if (asked.length === ASKED_PER_CRASH) break;
      if (other === node || other.goneAtMs !== undefined || other.kind === 'supernode') continue;
      const { level } = other.machine.graph;
      if (level === GraphLevel.whole || (level === GraphLevel.streamLinks && other.stream === node.stream))
        asked.push(other);
    }
    if (asked.length > 0) this.#crashes.push({ id: node.peer, atMs: nowMs, asked });
  }

  check(nowMs: number): void {
    this.#updates = this.#updates.filter((update) => !this.#isKnown(update, nowMs));
  }

  #isKnown(update: Update, nowMs: number): boolean {
    const { of, version } = update;
    update.missing = update.missing.filter((holder) => {
      // A stream that has grown too large meanwhile is held as a sample.
      if (holder.goneAtMs !== undefined || !(holder.kind === 'supernode' || isMeant(holder, of)))
        return false;
      const known = holder.machine.graph.replica.versionOf(of.peer);
      return (
        known === undefined ||
        known.epoch < version.epoch ||
        (known.epoch === version.epoch && known.seq < version.seq)
      );
    });
    if (update.missing.length > update.holders * (1 - SHARE)) return false;
    this.convergedMs.push(nowMs - update.bornAtMs);
    return true;
  }

  /** Asks who still lists the crashed; less often than {@link check}. */
  checkCrashes(nowMs: number): void {
    for (const crash of this.#crashes) {
      crash.asked = crash.asked.filter((node) => {
        if (node.goneAtMs !== undefined) return false;
        const now = nowMs + node.offsetMs;
        const { graph } = node.machine;
        graph.holdings.look(now);
        const held = graph.replica.get(crash.id);
        return (
          held !== undefined &&
          held.record.status === RecordStatus.present &&
          graph.holdings.isPresent(held, now)
        );
      });
      if (crash.asked.length === 0) this.goneMs.push(nowMs - crash.atMs);
    }
    this.#crashes = this.#crashes.filter(({ asked }) => asked.length > 0);
  }

  /** What has not converged counts as infinitely late, unless it is too young to tell. */
  close(nowMs: number, patienceMs: number): void {
    for (const { bornAtMs } of this.#updates)
      if (nowMs - bornAtMs > patienceMs) this.convergedMs.push(Number.POSITIVE_INFINITY);
  }
}

/** Whether a member is meant to hold what another says of itself. */
function isMeant(holder: WorldNode, of: WorldNode): boolean {
  const { level } = holder.machine.graph;
  if (level === GraphLevel.whole) return true;
  return level >= GraphLevel.stream && holder.stream !== undefined && holder.stream === of.stream;
}
