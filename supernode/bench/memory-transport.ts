/**
 * The transport port inside one process, for benchmarks: packets are handed over as they are, in the order in which they were sent,
 * with no delay and no loss, so that what is measured is the node alone. A peer is dialed with one signal, which holds the number
 * of the dialing end; a supernode by its URL.
 */
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import type { Address, Channel, LinkSink, LinkTransport } from '@murmuration/shared/node/ports.ts';

const BINDING_BYTES = 32;

interface End {
  readonly transport: MemoryTransport;
  readonly link: LinkId;
  remote: End | undefined;
}

/** What the transports of one network know of each other. */
export class MemoryNetwork {
  readonly supernodes = new Map<string, MemoryTransport>();
  /** Dials that nobody has answered yet, by the number in their signal. */
  readonly dialed: End[] = [];
  packets = 0;
  bytes = 0;
}

export class MemoryTransport implements LinkTransport {
  readonly #network: MemoryNetwork;
  readonly #ends = new Map<LinkId, End>();
  #sink: LinkSink | undefined;

  /** @param url where others find it, for a supernode */
  constructor(network: MemoryNetwork, url?: string) {
    this.#network = network;
    if (url !== undefined) network.supernodes.set(url, this);
  }

  attach(sink: LinkSink): void {
    this.#sink = sink;
  }

  dial(link: LinkId, address: Address): void {
    const near = this.#begin(link);
    if (address.kind === 'supernode') {
      const supernode = this.#network.supernodes.get(address.url);
      queueMicrotask(() => {
        const far = supernode?.dialed();
        if (far) join(near, far);
        else this.#lose(near, 'refused');
      });
      return;
    }
    const number = this.#network.dialed.push(near) - 1;
    queueMicrotask(() => this.#sink?.signal(link, new Uint8Array(Uint32Array.of(number).buffer)));
  }

  accept(link: LinkId, _remote: PeerId, firstSignal: Uint8Array): void {
    const answering = this.#begin(link);
    const number = new Uint32Array(firstSignal.slice().buffer)[0] ?? -1;
    const dialing = this.#network.dialed[number];
    queueMicrotask(() => {
      if (dialing && dialing.remote === undefined) join(dialing, answering);
      else this.#lose(answering, 'nobody dialed');
    });
  }

  signal(): void {}

  send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    const { remote } = this.#ends.get(link) ?? {};
    if (!remote) return false;
    this.#network.packets++;
    this.#network.bytes += packet.length;
    queueMicrotask(() => remote.transport.#receive(remote, channel, packet));
    return true;
  }

  bufferedBytes(): number {
    return 0;
  }

  close(link: LinkId): void {
    const { remote } = this.#ends.get(link) ?? {};
    this.#ends.delete(link);
    if (remote) queueMicrotask(() => remote.transport.#lose(remote, 'closed by the remote end'));
  }

  /** The end of a link that somebody opened without a signal, if the node takes one more. */
  dialed(): End | undefined {
    const link = this.#sink?.incoming();
    return link === undefined ? undefined : this.#begin(link);
  }

  /** Opens an end that its owner still has; both learn the same binding. */
  opened(end: End, binding: Uint8Array): void {
    if (this.#ends.get(end.link) === end) this.#sink?.opened(end.link, binding);
  }

  #begin(link: LinkId): End {
    const end: End = { transport: this, link, remote: undefined };
    this.#ends.set(link, end);
    return end;
  }

  #receive(end: End, channel: Channel, packet: Uint8Array): void {
    if (this.#ends.get(end.link) === end) this.#sink?.received(end.link, channel, packet);
  }

  #lose(end: End, reason: string): void {
    if (!this.#ends.delete(end.link)) return;
    this.#sink?.closed(end.link, reason);
  }
}

function join(one: End, other: End): void {
  one.remote = other;
  other.remote = one;
  const binding = crypto.getRandomValues(new Uint8Array(BINDING_BYTES));
  one.transport.opened(one, binding);
  other.transport.opened(other, binding);
}
