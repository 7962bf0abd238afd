/**
 * Whom this tab was linked with, so that a reloaded page can ask for them by name. In the tab's session storage: it outlives a
 * reload and nothing more, and ids of viewers mean nothing once they have gone.
 */
import { type PeerId, parsePeerId, type StreamId } from '@murmuration/shared/lib/ids.ts';
import { REMEMBERED_MAX } from '@murmuration/shared/node/settings.ts';

export class RememberedPeers {
  readonly #key: string;
  readonly #storage: globalThis.Storage | undefined;
  #peers: PeerId[];

  /** @param storage for tests; the tab's session storage otherwise */
  constructor(stream: StreamId, storage: globalThis.Storage | undefined = tabStorage()) {
    this.#key = `peers ${stream}`;
    this.#storage = storage;
    this.#peers = readPeers(storage?.getItem(this.#key));
  }

  /** The latest first. */
  get all(): readonly PeerId[] {
    return this.#peers;
  }

  add(peer: PeerId): void {
    this.#peers = [peer, ...this.#peers.filter((other) => other !== peer)].slice(0, REMEMBERED_MAX);
    try {
      this.#storage?.setItem(this.#key, this.#peers.join(' '));
    } catch {
      // A full or forbidden storage: the page works without.
    }
  }
}

function readPeers(stored: string | null | undefined): PeerId[] {
  return (stored ?? '')
    .split(' ')
    .flatMap((text) => parsePeerId(text) ?? [])
    .slice(0, REMEMBERED_MAX);
}

/** Even to look at it may throw where site data is blocked. */
function tabStorage(): globalThis.Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
