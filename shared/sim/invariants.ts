/**
 * What must hold at every moment of every run, checked while it runs. A broken rule does not stop the run: it is counted,
 * the first few are kept in words, and the run fails at its end.
 */

import { defaultGraphSettings } from '../src/graph/graph-contract.ts';
import type { NodeSnapshot } from '../src/node/snapshot.ts';
import { limits } from '../src/wire/limits.ts';
import { START_UNIX_MS } from './virtual-clock.ts';

export type InvariantRule =
  /** A viewer's application was given bytes that the host never published. */
  | 'forged'
  /** A message came after a later one. */
  | 'order'
  /** A message came twice. */
  | 'once'
  /** Something that remote peers can make grow went over its cap. */
  | 'bounds';

const DETAILS_MAX = 20;

export class Invariants {
  readonly #counts = new Map<InvariantRule, number>();
  readonly #details: string[] = [];

  broken(rule: InvariantRule, node: number, nowMs: number, detail: string): void {
    this.#counts.set(rule, this.count(rule) + 1);
    if (this.#details.length >= DETAILS_MAX) return;
    const atSeconds = ((nowMs - START_UNIX_MS) / 1_000).toFixed(3);
    this.#details.push(`${rule} at ${atSeconds} s, node ${node}: ${detail}`);
  }

  /** How often a rule was broken. */
  count(rule: InvariantRule): number {
    return this.#counts.get(rule) ?? 0;
  }

  /** The first breaches, in words. */
  get details(): readonly string[] {
    return this.#details;
  }

  /** Checks that what a node holds stays under its caps. */
  checkBounds(node: number, snapshot: NodeSnapshot, retentionBytesMax: number, nowMs: number): void {
    const bound = (what: string, value: number, most: number): void => {
      if (value > most) this.broken('bounds', node, nowMs, `${what} ${value} over ${most}`);
    };
    bound('links', snapshot.links.length, limits.linksMax);
    bound('members', snapshot.members.length, defaultGraphSettings.recordsMax);
    if (snapshot.relay === undefined) return;
    // Frames that the application has not had yet may take as much again.
    bound('bytes of frames', snapshot.relay.bytesHeld, retentionBytesMax * 2);
    bound('frames', snapshot.relay.framesHeld, limits.framesAheadMax * 2);
  }
}
