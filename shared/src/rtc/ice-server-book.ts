/**
 * The STUN and TURN servers that connections are made with: those that the program was given, and those that supernodes name
 * (PROTOCOL.md R37), each supernode's until they expire. A supernode names what its operator chose, so these count also on loopback
 * and in a local network.
 */
import type { IceServer } from '../wire/service-messages.ts';

/** Browsers warn that more than a few slow a connection down. */
const SERVERS_MAX = 8;
/** Supernodes whose word is kept: as many as a node has sockets to. */
const SUPERNODES_MAX = 8;

interface Told {
  readonly servers: readonly IceServer[];
  readonly untilMs: number;
}

export class IceServerBook {
  readonly #own: readonly IceServer[];
  readonly #told = new Map<string, Told>();

  constructor(own: readonly IceServer[]) {
    this.#own = own;
  }

  /** `supernode`: who names them, instead of all that it named before. */
  tell(supernode: string, servers: readonly IceServer[], lifetimeSeconds: number, nowMs: number): void {
    this.#told.delete(supernode);
    this.#told.set(supernode, { servers, untilMs: nowMs + lifetimeSeconds * 1_000 });
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= SUPERNODES_MAX) break;
      this.#told.delete(oldest);
    }
  }

  /** For a connection that is made now. What was told last comes first. */
  current(nowMs: number): IceServer[] {
    const told = [...this.#told.values()].reverse().filter(({ untilMs }) => nowMs < untilMs);
    const byUrl = new Map<string, IceServer>();
    for (const server of [...told.flatMap(({ servers }) => servers), ...this.#own]) {
      const { url, username } = server;
      // A TURN server without credentials would make a browser refuse the whole connection.
      const lacks = url.startsWith('turn') && username === '';
      if (!lacks && !byUrl.has(url)) byUrl.set(url, server);
    }
    return [...byUrl.values()].slice(0, SERVERS_MAX);
  }
}
