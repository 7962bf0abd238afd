/**
 * One WebSocket at a supernode: the exchange of nonces, then packets in and out within the limits. It decides when a
 * connection ends and says why; who may connect at all is the transport's business.
 */
import { hash } from 'node:crypto';
import { TokenBucket } from '@murmuration/shared/lib/token-bucket.ts';
import { SOCKET_NONCE_BYTES, socketBindingBytes } from '@murmuration/shared/wire/socket-handshake.ts';
import type { RawData, WebSocket } from 'ws';
import { Ending, type SocketLimits } from './socket-limits.ts';

/** What a connection tells the transport. */
export interface ConnectionOwner {
  /** Both nonces are there. `binding`: 32 bytes. */
  connectionOpened(connection: SocketConnection, binding: Uint8Array): void;
  connectionReceived(connection: SocketConnection, packet: Uint8Array): void;
  connectionDrained(connection: SocketConnection): void;
  /** Once for every connection, and nothing but `connectionGone` after it. */
  connectionEnded(connection: SocketConnection, reason: string): void;
  /** The socket is closed: its place is free. */
  connectionGone(connection: SocketConnection): void;
}

type State = 'awaiting-nonce' | 'open' | 'ended';

export class SocketConnection {
  /** Whom it is counted for. */
  readonly address: string;
  /** Packets that were not sent because the receiver is slow. */
  packetsDropped = 0;
  readonly #socket: WebSocket;
  readonly #limits: SocketLimits;
  readonly #owner: ConnectionOwner;
  readonly #nonce = crypto.getRandomValues(new Uint8Array(SOCKET_NONCE_BYTES));
  readonly #packets: TokenBucket;
  readonly #bytes: TokenBucket;
  #state: State = 'awaiting-nonce';
  #timer: NodeJS.Timeout;
  #heard = true;
  #drainAwaited = false;
  #bytesDropped = 0;

  constructor(socket: WebSocket, address: string, limits: SocketLimits, owner: ConnectionOwner) {
    this.#socket = socket;
    this.address = address;
    this.#limits = limits;
    this.#owner = owner;
    const nowMs = performance.now();
    this.#packets = new TokenBucket(limits.packetsPerSecond, limits.packetsBurst, nowMs);
    this.#bytes = new TokenBucket(limits.bytesPerSecond, limits.bytesBurst, nowMs);
    this.#timer = setTimeout(() => this.end(Ending.nonceMissing), limits.nonceWithinMs);
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    socket.on('pong', () => {
      this.#heard = true;
    });
    // The library closes the socket itself after an error, with the code that belongs to it.
    socket.on('error', (error: NodeJS.ErrnoException) => this.#finish(endingOf(error)));
    socket.on('close', (code) => {
      this.#finish(code === 1006 ? 'connection-lost' : 'closed-by-client');
      clearTimeout(this.#timer);
      owner.connectionGone(this);
    });
    socket.send(this.#nonce);
  }

  /** Bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** False if the link is not open or the receiver too slow; the packet is then dropped. */
  send(packet: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    const { bufferedBytesMax, backlogBytesMax, lowWaterBytes } = this.#limits;
    if (this.bufferedBytes + packet.length > bufferedBytesMax) {
      this.packetsDropped++;
      this.#bytesDropped += packet.length;
      // Not within this call: its caller does not expect to hear of the link's end before it returns.
      if (this.bufferedBytes + this.#bytesDropped > backlogBytesMax) {
        queueMicrotask(() => this.end(Ending.slowReceiver));
      }
      return false;
    }
    this.#socket.send(packet, () => this.#sent());
    if (this.bufferedBytes >= lowWaterBytes) this.#drainAwaited = true;
    return true;
  }

  #sent(): void {
    if (!this.#drainAwaited || this.bufferedBytes >= this.#limits.lowWaterBytes) return;
    this.#drainAwaited = false;
    this.#bytesDropped = 0;
    if (this.#state === 'open') this.#owner.connectionDrained(this);
  }

  /** Called once a period: asks for a sign of life, and ends the connection if the last one was not answered. */
  checkAlive(): void {
    if (this.#state === 'ended') return;
    if (!this.#heard) {
      this.end(Ending.deadPeer);
      return;
    }
    this.#heard = false;
    this.#socket.ping();
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.#state === 'ended') return;
    this.#heard = true;
    if (!isBinary) {
      this.end(Ending.textMessage);
      return;
    }
    // A copy, because the library's buffer is a view that would keep a whole network read alive.
    const packet = new Uint8Array(data as Buffer);
    const nowMs = performance.now();
    if (!this.#packets.take(nowMs)) this.end(Ending.tooManyPackets);
    else if (!this.#bytes.take(nowMs, packet.length)) this.end(Ending.tooManyBytes);
    else if (this.#state === 'open') this.#owner.connectionReceived(this, packet);
    else this.#open(packet);
  }

  #open(clientNonce: Uint8Array): void {
    if (clientNonce.length !== SOCKET_NONCE_BYTES) {
      this.end(Ending.nonceMalformed);
      return;
    }
    clearTimeout(this.#timer);
    this.#state = 'open';
    const binding = hash('sha256', socketBindingBytes(this.#nonce, clientNonce), 'buffer');
    this.#owner.connectionOpened(this, new Uint8Array(binding));
  }

  /** Ends the connection and tells the client why, as far as it still listens. */
  end(ending: Ending): void {
    if (this.#state === 'ended') return;
    this.#finish(ending.reason);
    if (ending.code === Ending.deadPeer.code) {
      this.#socket.terminate();
      return;
    }
    this.#socket.close(ending.code, ending.reason);
    this.#timer = setTimeout(() => this.#socket.terminate(), this.#limits.closeWithinMs);
  }

  #finish(reason: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#timer);
    this.#owner.connectionEnded(this, reason);
  }
}

function endingOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return Ending.oversized.reason;
  return error.code?.startsWith('WS_ERR_') ? Ending.malformed.reason : 'connection-lost';
}
