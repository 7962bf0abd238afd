/** A transport that passes everything on to another one: whoever extends it changes or watches what it is about. */
import type { LinkId, PeerId } from '../src/lib/ids.ts';
import type { Address, Channel, LinkSink, LinkTransport } from '../src/node/ports.ts';

export class WrappedTransport implements LinkTransport {
  readonly #inner: LinkTransport;

  constructor(inner: LinkTransport) {
    this.#inner = inner;
  }

  attach(sink: LinkSink): void {
    this.#inner.attach(sink);
  }

  dial(link: LinkId, address: Address): void {
    this.#inner.dial(link, address);
  }

  accept(link: LinkId, remote: PeerId, firstSignal: Uint8Array): void {
    this.#inner.accept(link, remote, firstSignal);
  }

  signal(link: LinkId, payload: Uint8Array): void {
    this.#inner.signal(link, payload);
  }

  send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    return this.#inner.send(link, channel, packet);
  }

  bufferedBytes(link: LinkId, channel: Channel): number {
    return this.#inner.bufferedBytes(link, channel);
  }

  close(link: LinkId): void {
    this.#inner.close(link);
  }
}
