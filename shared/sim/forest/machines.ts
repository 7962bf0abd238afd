/**
 * Machines that nodes share, as the peers of a bench do: every packet that arrives at one of them takes processor time, first in, first
 * out, before its node has it. What a machine is late with is late for all. Left out on purpose: what timers take, and that a busy
 * system drops packets.
 */
import type { Cargo } from './node-events.ts';
import type { Kind, WorldLink } from './relay-world-parts.ts';
import type { Team } from './team.ts';

export interface MachineSettings {
  /** Nodes on one machine, in the order in which they joined. */
  readonly nodes: number;
  /** Packets that it sees to at once. */
  readonly cores: number;
  /** Processor time of a packet, both ends together, µs, */
  readonly packetUs: number;
  /** and for each 1,000 bytes of it. */
  readonly kilobyteUs: number;
}

/** Something on its way to a node, seen from there. */
export interface Arrival {
  readonly atMs: number;
  readonly to: number;
  readonly from: number;
  readonly link: WorldLink;
  readonly kind: Kind;
  readonly cargo: Cargo;
  readonly bytes: number;
}

/** Numbers that members tell each other of an arrival. */
const TOLD = 4;

export class Machines {
  readonly #settings: MachineSettings;
  readonly #team: Team;
  readonly #slices = new Map<number, Arrival[]>();
  /** By machine: when each of its cores is free, ms. */
  readonly #freeAtMs: Float64Array[] = [];

  constructor(settings: MachineSettings, team: Team) {
    this.#settings = settings;
    this.#team = team;
  }

  /** Something will arrive within the slice of time that ends at `sliceEndMs`, at a node that is played here. */
  add(arrival: Arrival, sliceEndMs: number): void {
    const slice = this.#slices.get(sliceEndMs);
    if (slice) slice.push(arrival);
    else this.#slices.set(sliceEndMs, [arrival]);
  }

  /**
   * All that arrives within a slice of time is known: each packet is given its turn. All members call this at the same time.
   * @param give is told when the node gets what arrived, ms: later than it came
   */
  see(sliceEndMs: number, give: (arrival: Arrival, atMs: number) => void): void {
    const own = this.#slices.get(sliceEndMs) ?? [];
    this.#slices.delete(sliceEndMs);
    own.sort((a, b) => a.atMs - b.atMs || a.to - b.to || a.from - b.from);
    const told = this.#team.gather(own.flatMap(({ atMs, to, from, bytes }) => [atMs, to, from, bytes]));
    const rows = Array.from({ length: told.length / TOLD }, (_, row) => row * TOLD);
    const [AT, TO, FROM] = [0, 1, 2];
    const by = (a: number, b: number, column: number): number =>
      (told[a + column] as number) - (told[b + column] as number);
    rows.sort((a, b) => by(a, b, AT) || by(a, b, TO) || by(a, b, FROM));
    let next = 0;
    for (const row of rows) {
      const [atMs, to, , bytes] = told.slice(row, row + TOLD) as [number, number, number, number];
      const doneMs = this.#done(to, atMs, bytes);
      if (this.#team.owns(to)) give(own[next++] as Arrival, doneMs);
    }
  }

  /** When a packet that came to a node is seen to, ms: by the core that is free first. */
  #done(node: number, atMs: number, bytes: number): number {
    const { nodes, cores, packetUs, kilobyteUs } = this.#settings;
    const machine = Math.floor(node / nodes);
    this.#freeAtMs[machine] ??= new Float64Array(cores);
    const freeAtMs = this.#freeAtMs[machine];
    let core = 0;
    for (let i = 1; i < cores; i++) if ((freeAtMs[i] as number) < (freeAtMs[core] as number)) core = i;
    const doneMs =
      Math.max(atMs, freeAtMs[core] as number) + (packetUs + (kilobyteUs * bytes) / 1_000) / 1_000;
    freeAtMs[core] = doneMs;
    return doneMs;
  }
}
