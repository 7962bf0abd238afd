/**
 * Links to supernodes over the platform's own WebSocket: for pages, and for Node from 22 on. It only dials; the other side is
 * supernode/src/socket-transport.ts. The first message each way is a nonce (shared/src/wire/socket-handshake.ts).
 */
import { assert } from '@murmuration/shared/lib/assert.ts';
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { type Address, Channel, type LinkSink, type LinkTransport } from '@murmuration/shared/node/ports.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { SOCKET_NONCE_BYTES, socketBindingBytes } from '@murmuration/shared/wire/socket-handshake.ts';

/** A dial that is not open by then is closed. */
const DIAL_WITHIN_MS = 10_000;
/** Bytes that may wait to be sent; packets beyond are dropped. */
const BUFFERED_BYTES_MAX = 1024 * 1024;
/** `drained` is reported when what waits falls below this. */
const LOW_WATER_BYTES = 64 * 1024;
/** A WebSocket has no event for that, so it is asked this often while it waits. */
const DRAIN_CHECK_MS = 50;
/** Packets that may come in while the binding is being hashed. */
const EARLY_PACKETS_MAX = 64;

interface SocketLink {
  readonly socket: WebSocket;
  readonly nonce: Uint8Array<ArrayBuffer>;
  state: 'awaiting-nonce' | 'hashing' | 'open' | 'ended';
  /** Came in while hashing. */
  readonly early: Uint8Array[];
  drainAwaited: boolean;
  readonly timeout: ReturnType<typeof setTimeout>;
}

export class SocketTransport implements LinkTransport {
  readonly #links = new Map<LinkId, SocketLink>();
  /** Dials that have failed before they began, until that is reported. */
  readonly #failing = new Set<LinkId>();
  #sink: LinkSink | undefined;

  attach(sink: LinkSink): void {
    assert(this.#sink === undefined, 'a transport has one sink');
    this.#sink = sink;
  }

  get #attached(): LinkSink {
    assert(this.#sink !== undefined, 'attach comes first');
    return this.#sink;
  }

  dial(id: LinkId, address: Address): void {
    assert(!this.#links.has(id) && !this.#failing.has(id), 'a link id is used once');
    if (address.kind !== 'supernode') {
      this.#failSoon(id, 'peers are not dialed by WebSocket');
      return;
    }
    let socket: WebSocket;
    try {
      socket = new WebSocket(address.url);
    } catch (error) {
      // Not a URL, or plain `ws:` from a secure page.
      this.#failSoon(id, error instanceof Error ? error.message : 'not a WebSocket address');
      return;
    }
    this.#begin(id, socket);
  }

  #begin(id: LinkId, socket: WebSocket): void {
    const link: SocketLink = {
      socket,
      nonce: crypto.getRandomValues(new Uint8Array(SOCKET_NONCE_BYTES)),
      state: 'awaiting-nonce',
      early: [],
      drainAwaited: false,
      timeout: setTimeout(() => this.#lost(id, link, 'timed out'), DIAL_WITHIN_MS),
    };
    this.#links.set(id, link);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(link.nonce);
    socket.onmessage = ({ data }) => this.#take(id, link, data);
    socket.onclose = ({ code, reason }) => this.#lost(id, link, closeWords(code, reason));
  }

  accept(id: LinkId, _remote: PeerId, _firstSignal: Uint8Array): void {
    this.#failSoon(id, 'peers are not reached by WebSocket');
  }

  signal(_id: LinkId, _payload: Uint8Array): void {}

  send(id: LinkId, channel: Channel, packet: Uint8Array): boolean {
    assert(packet.length <= limits.packetBytesMax, 'a packet is at most 16 KiB');
    const link = this.#links.get(id);
    if (channel !== Channel.control || link?.state !== 'open') return false;
    const { socket } = link;
    // The socket may be closing without having said so yet.
    if (socket.readyState !== WebSocket.OPEN) return false;
    if (socket.bufferedAmount + packet.length > BUFFERED_BYTES_MAX) return false;
    socket.send(packet as Uint8Array<ArrayBuffer>);
    if (!link.drainAwaited && socket.bufferedAmount >= LOW_WATER_BYTES) this.#awaitDrain(id, link);
    return true;
  }

  #awaitDrain(id: LinkId, link: SocketLink): void {
    link.drainAwaited = true;
    setTimeout(() => {
      if (link.state !== 'open') return;
      if (link.socket.bufferedAmount >= LOW_WATER_BYTES) {
        this.#awaitDrain(id, link);
        return;
      }
      link.drainAwaited = false;
      this.#attached.drained(id, Channel.control);
    }, DRAIN_CHECK_MS);
  }

  bufferedBytes(id: LinkId, channel: Channel): number {
    return channel === Channel.control ? (this.#links.get(id)?.socket.bufferedAmount ?? 0) : 0;
  }

  close(id: LinkId): void {
    this.#failing.delete(id);
    const link = this.#links.get(id);
    if (link !== undefined) this.#end(id, link);
  }

  #failSoon(id: LinkId, reason: string): void {
    this.#failing.add(id);
    queueMicrotask(() => {
      if (this.#failing.delete(id)) this.#attached.closed(id, reason);
    });
  }

  #take(id: LinkId, link: SocketLink, data: unknown): void {
    if (link.state === 'ended') return;
    if (!(data instanceof ArrayBuffer) || data.byteLength > limits.packetBytesMax) {
      this.#lost(id, link, 'the supernode sent what is no packet');
      return;
    }
    const packet = new Uint8Array(data);
    if (link.state === 'open') this.#attached.received(id, Channel.control, packet);
    else if (link.state === 'awaiting-nonce') this.#bind(id, link, packet);
    else if (link.early.push(packet) > EARLY_PACKETS_MAX) this.#lost(id, link, 'too many packets at once');
  }

  #bind(id: LinkId, link: SocketLink, supernodeNonce: Uint8Array): void {
    if (supernodeNonce.length !== SOCKET_NONCE_BYTES) {
      this.#lost(id, link, 'the supernode does not speak this protocol');
      return;
    }
    link.state = 'hashing';
    const bytes = socketBindingBytes(supernodeNonce, link.nonce) as Uint8Array<ArrayBuffer>;
    crypto.subtle.digest('SHA-256', bytes).then((digest) => this.#opened(id, link, new Uint8Array(digest)));
  }

  #opened(id: LinkId, link: SocketLink, binding: Uint8Array): void {
    if (link.state !== 'hashing') return;
    clearTimeout(link.timeout);
    link.state = 'open';
    this.#attached.opened(id, binding);
    // Whoever hears of a packet may close the link.
    for (const packet of link.early.splice(0)) {
      if (this.#links.get(id) === link) this.#attached.received(id, Channel.control, packet);
    }
  }

  #lost(id: LinkId, link: SocketLink, reason: string): void {
    if (link.state === 'ended') return;
    this.#end(id, link);
    this.#attached.closed(id, reason);
  }

  /** Forgets a link; what was sent before is still flushed by the socket. */
  #end(id: LinkId, link: SocketLink): void {
    link.state = 'ended';
    this.#links.delete(id);
    clearTimeout(link.timeout);
    link.socket.close();
  }
}

function closeWords(code: number, reason: string): string {
  if (reason !== '') return reason;
  return code === 1006 ? 'connection failed or lost' : `closed with code ${code}`;
}
