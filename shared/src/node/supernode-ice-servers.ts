/** When a supernode tells a client of STUN and TURN servers: as soon as it is known who it is, and anew before credentials expire. */
import type { LinkId, PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import type { IceServers } from '../wire/service-messages.ts';
import type { SupernodeSettings } from './supernode-settings.ts';

export class SupernodeIceServers {
  readonly #serversFor: SupernodeSettings['iceServersFor'];
  /** When each client is told again, ms. */
  readonly #dueAt = new Map<LinkId, number>();

  constructor(serversFor: SupernodeSettings['iceServersFor']) {
    this.#serversFor = serversFor;
  }

  /** What to tell the client behind a link now, if anything. Asked when its link opens and at its heartbeats. */
  due(link: LinkId, peer: PeerId, now: number): IceServers | undefined {
    if (this.#serversFor === undefined || now < (this.#dueAt.get(link) ?? 0)) return undefined;
    const servers = this.#serversFor(peer, now);
    // At half of their life: a dial that begins with the old ones can still end.
    this.#dueAt.set(link, now + servers.lifetimeSeconds * 500);
    return { type: MessageType.iceServers, ...servers };
  }

  forget(link: LinkId): void {
    this.#dueAt.delete(link);
  }
}
