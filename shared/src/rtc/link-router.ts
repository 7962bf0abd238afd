/** One transport made of two: supernodes are reached by one, peers by the other. A link stays with whoever opened it. */
import { assert } from '../lib/assert.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import type { Address, Channel, LinkSink, LinkTransport } from '../node/ports.ts';

export class LinkRouter implements LinkTransport {
  readonly #toPeers: LinkTransport;
  readonly #toSupernodes: LinkTransport;
  readonly #owners = new Map<LinkId, LinkTransport>();

  constructor(toPeers: LinkTransport, toSupernodes: LinkTransport) {
    this.#toPeers = toPeers;
    this.#toSupernodes = toSupernodes;
  }

  /** Links that are open or being opened. */
  get links(): number {
    return this.#owners.size;
  }

  attach(sink: LinkSink): void {
    for (const transport of [this.#toPeers, this.#toSupernodes]) {
      transport.attach({
        incoming: () => {
          const link = sink.incoming();
          if (link !== undefined) this.#own(link, transport);
          return link;
        },
        opened: (link, binding) => sink.opened(link, binding),
        signal: (link, payload) => sink.signal(link, payload),
        received: (link, channel, packet) => sink.received(link, channel, packet),
        drained: (link, channel) => sink.drained(link, channel),
        closed: (link, reason) => {
          this.#owners.delete(link);
          sink.closed(link, reason);
        },
      });
    }
  }

  dial(link: LinkId, address: Address): void {
    const transport = address.kind === 'peer' ? this.#toPeers : this.#toSupernodes;
    this.#own(link, transport);
    transport.dial(link, address);
  }

  accept(link: LinkId, remote: PeerId, firstSignal: Uint8Array): void {
    this.#own(link, this.#toPeers);
    this.#toPeers.accept(link, remote, firstSignal);
  }

  signal(link: LinkId, payload: Uint8Array): void {
    this.#owners.get(link)?.signal(link, payload);
  }

  send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    return this.#owners.get(link)?.send(link, channel, packet) ?? false;
  }

  bufferedBytes(link: LinkId, channel: Channel): number {
    return this.#owners.get(link)?.bufferedBytes(link, channel) ?? 0;
  }

  close(link: LinkId): void {
    const owner = this.#owners.get(link);
    this.#owners.delete(link);
    owner?.close(link);
  }

  #own(link: LinkId, transport: LinkTransport): void {
    assert(!this.#owners.has(link), `link ${link} is already in use`);
    this.#owners.set(link, transport);
  }
}
