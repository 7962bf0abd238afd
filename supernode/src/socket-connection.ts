/**
 * One WebSocket at a supernode, from a client or to a supernode that was dialed: the exchange of nonces, then packets in and
 * out within the limits. It decides when a connection ends and says why; who may connect at all is the transport's business.
 */
import { hash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { LinkId } from '@murmuration/shared/lib/ids.ts';
import { TokenBucket } from '@murmuration/shared/lib/token-bucket.ts';
import { SOCKET_NONCE_BYTES, socketBindingBytes } from '@murmuration/shared/wire/socket-handshake.ts';
import { type RawData, WebSocket } from 'ws';
import { Ending, type SocketLimits, type SocketRates } from './socket-limits.ts';
import { binaryFrame, type FrameTaker, sentOn, WholeFrames } from './whole-frames.ts';

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
  /** Bytes that wait for this receiver became more, or fewer. */
  bufferedChanged(byBytes: number): void;
  /** So much waits for all receivers together that those who have some waiting get no more. */
  readonly crowded: boolean;
  /** The packet that {@link connectionReceived} has been called with and has not returned from, if it stands where it was read. */
  inHand: Uint8Array | undefined;
}

type State = 'awaiting-nonce' | 'awaiting-hello' | 'open' | 'ended';

/** Names the connection of a WebSocket: its listeners are the same functions for all of them, which saves half a kilobyte each. */
const OWN = Symbol('connection');
type OwnSocket = WebSocket & { [OWN]: SocketConnection };
type OwnStream = Duplex & { [OWN]: WholeFrames };
type ReadListener = (this: Duplex, chunk: Buffer) => void;

/** A packet that came in alone is used where it stands, unless that would keep more than so many times its size alive. */
const KEPT_TIMES_MAX = 2;
const NOTHING = Buffer.alloc(0);

export class SocketConnection implements FrameTaker {
  /** Whom it is counted for; undefined if we dialed it. */
  readonly address: string | undefined;
  /** Packets that were not sent because the receiver is slow. */
  packetsDropped = 0;
  /** The link that it is, once it is one. */
  link: LinkId | undefined;
  readonly #socket: WebSocket;
  /** What the WebSocket writes to, if others opened it. */
  readonly #stream: Duplex | undefined;
  readonly #limits: SocketLimits;
  readonly #owner: ConnectionOwner;
  /** Until the other end's has come. */
  #nonce: Uint8Array | undefined = crypto.getRandomValues(new Uint8Array(SOCKET_NONCE_BYTES));
  #packets: TokenBucket;
  #bytes: TokenBucket;
  #state: State = 'awaiting-nonce';
  #timer: NodeJS.Timeout | undefined;
  #heard = true;
  #asked = false;
  /** Since when the most that may wait at ease was exceeded, it has not been reported as drained. */
  #congested = false;
  #drainAwaited = false;
  #bytesDropped = 0;
  /** Bytes of this connection that the owner was told of. */
  #bytesCounted = 0;
  /** What the library reads with what is not read past it; undefined if it reads all, or nothing more is to be read. */
  #libraryReads: ReadListener | undefined;

  /** `socket`: open. `stream`: see there; undefined if we dialed, and so is `address`. */
  constructor(
    socket: WebSocket,
    stream: Duplex | undefined,
    address: string | undefined,
    limits: SocketLimits,
    owner: ConnectionOwner,
  ) {
    this.#socket = socket;
    this.#stream = stream;
    this.address = address;
    this.#limits = limits;
    this.#owner = owner;
    const rates = this.dialed ? limits.supernodeRates : limits;
    [this.#packets, this.#bytes] = buckets(rates);
    this.#timer = setTimeout(() => this.end(Ending.nonceMissing), limits.firstMessageWithinMs);
    (socket as OwnSocket)[OWN] = this;
    socket
      .on('message', onMessage)
      .on('ping', onPing)
      .on('pong', onPong)
      .on('error', onError)
      .on('close', onClose);
    if (stream !== undefined) this.#readPast(stream);
    socket.send(this.#nonce as Uint8Array);
  }

  /** Whole frames are read here, and only the others by the library, if it reads as it always did. */
  #readPast(stream: Duplex): void {
    const [listener, another] = stream.listeners('data') as ReadListener[];
    if (listener === undefined || another !== undefined) return;
    this.#libraryReads = listener;
    const frames = new WholeFrames(this, this.#limits.messageBytesMax);
    (stream as OwnStream)[OWN] = frames;
    stream.on('data', onData).off('data', listener);
  }

  get dialed(): boolean {
    return this.address === undefined;
  }

  /** From now on the other end may send what a supernode may. */
  raiseRates(): void {
    [this.#packets, this.#bytes] = buckets(this.#limits.supernodeRates);
  }

  /** Bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this.#stream?.writableLength ?? this.#socket.bufferedAmount;
  }

  /** False if the link is not open or the receiver too slow; the packet is then dropped. */
  send(packet: Uint8Array): boolean {
    // The other end may have closed, without the socket's end being known yet.
    if (!this.#isOpen || this.#socket.readyState !== WebSocket.OPEN) return false;
    if (!this.#hasRoomFor(packet)) {
      this.packetsDropped++;
      this.#bytesDropped += packet.length;
      // Not within this call: its caller does not expect to hear of the link's end before it returns.
      if (this.bufferedBytes + this.#bytesDropped > this.#limits.backlogBytesMax) {
        queueMicrotask(() => this.end(Ending.slowReceiver));
      }
      return false;
    }
    // The library writes a message in two parts. Nothing of it waits there, so that a whole one may be written beside it.
    if (this.#stream === undefined) this.#socket.send(packet, () => this.#sent());
    else this.#stream.write(packet === this.#owner.inHand ? sentOn(packet) : binaryFrame(packet));
    this.#watchBuffer();
    return true;
  }

  /** What could not be written at once is counted, until it has gone. */
  #watchBuffer(): void {
    const waiting = this.bufferedBytes;
    this.#countBuffered(waiting);
    if (waiting >= this.#limits.lowWaterBytes) this.#congested = true;
    if (waiting === 0 || this.#drainAwaited || this.#stream === undefined) return;
    this.#drainAwaited = true;
    // Written behind all that waits.
    this.#stream.write(NOTHING, () => this.#sent());
  }

  get #isOpen(): boolean {
    return this.#state === 'open' || this.#state === 'awaiting-hello';
  }

  #hasRoomFor(packet: Uint8Array): boolean {
    const { bufferedBytesMax, lowWaterBytes } = this.#limits;
    const waiting = this.bufferedBytes;
    if (waiting + packet.length > bufferedBytesMax) return false;
    return waiting < lowWaterBytes || !this.#owner.crowded;
  }

  #countBuffered(bytes: number): void {
    if (bytes === this.#bytesCounted) return;
    this.#owner.bufferedChanged(bytes - this.#bytesCounted);
    this.#bytesCounted = bytes;
  }

  #sent(): void {
    this.#drainAwaited = false;
    if (this.#state === 'ended') return;
    if (this.#congested && this.bufferedBytes < this.#limits.lowWaterBytes) {
      this.#congested = false;
      this.#bytesDropped = 0;
      this.#owner.connectionDrained(this);
    }
    this.#watchBuffer();
  }

  /** Called twice a period: asks for a sign of life if there was none, and ends the connection if that was not answered. */
  checkAlive(): void {
    if (this.#state === 'ended') return;
    if (this.#heard) {
      this.#heard = false;
      this.#asked = false;
    } else if (this.#asked) {
      this.end(Ending.deadPeer);
    } else {
      this.#asked = true;
      this.#socket.ping();
    }
  }

  take(data: RawData, isBinary: boolean): void {
    if (this.#state === 'ended') return;
    this.#heard = true;
    if (!isBinary) {
      this.end(Ending.textMessage);
      return;
    }
    // The library's buffer is a view that keeps a whole network read alive.
    const bytes = data as Buffer;
    const alone = bytes.buffer.byteLength <= KEPT_TIMES_MAX * bytes.length;
    const packet = alone
      ? new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)
      : new Uint8Array(bytes);
    if (this.#pays(packet)) this.#taken(packet);
  }

  /** Called with what the library does not see. */
  wholeFrame(bytes: Buffer, from: number, to: number): void {
    if (this.#state === 'ended') return;
    this.#heard = true;
    const standsAlone = bytes.buffer.byteLength <= KEPT_TIMES_MAX * (to - from);
    const packet = standsAlone
      ? new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset + from, to - from)
      : new Uint8Array(bytes.subarray(from, to));
    if (!this.#pays(packet)) return;
    if (standsAlone) this.#owner.inHand = packet;
    this.#taken(packet);
    this.#owner.inHand = undefined;
  }

  /** Called with all else that was read. */
  otherBytes(bytes: Buffer): void {
    if (this.#stream !== undefined) this.#libraryReads?.call(this.#stream, bytes);
  }

  #taken(packet: Uint8Array): void {
    if (this.#nonce !== undefined) this.#open(packet, this.#nonce);
    else this.#received(packet);
  }

  /** Counts what came in; false if that was too much, and the connection has ended. */
  #pays({ length }: Uint8Array): boolean {
    if (this.#state === 'ended') return false;
    const nowMs = performance.now();
    if (!this.#packets.take(nowMs)) this.end(Ending.tooManyPackets);
    else if (!this.#bytes.take(nowMs, length)) this.end(Ending.tooManyBytes);
    else return true;
    return false;
  }

  /** Answered here and not by the library, which would queue answers without end for one who does not read them. */
  pinged(data: Buffer): void {
    if (!this.#pays(data) || !this.#hasRoomFor(data)) return;
    this.#heard = true;
    // Whether it is masked is the library’s business: that depends on who dialed.
    this.#socket.pong(data, undefined, this.dialed ? () => this.#sent() : undefined);
    this.#watchBuffer();
  }

  ponged(data: Buffer): void {
    if (this.#pays(data)) this.#heard = true;
  }

  /** The library closes the socket itself after an error, with the code that belongs to it. */
  failed(error: NodeJS.ErrnoException): void {
    this.#libraryReads = undefined;
    this.#finish(endingOf(error));
    this.#cutSoon();
  }

  gone(code: number, reason: string): void {
    this.#finish(this.#closeWords(code, reason));
    clearTimeout(this.#timer);
    this.#countBuffered(0);
    this.#owner.connectionGone(this);
  }

  #received(packet: Uint8Array): void {
    if (this.#state === 'awaiting-hello') {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#state = 'open';
    }
    this.#owner.connectionReceived(this, packet);
  }

  #open(nonce: Uint8Array, own: Uint8Array): void {
    if (nonce.length !== SOCKET_NONCE_BYTES) {
      this.end(Ending.nonceMalformed);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(Ending.helloMissing), this.#limits.firstMessageWithinMs);
    this.#state = 'awaiting-hello';
    this.#nonce = undefined;
    // Whoever dials is the client, also of two supernodes.
    const bytes = this.dialed ? socketBindingBytes(nonce, own) : socketBindingBytes(own, nonce);
    const binding = hash('sha256', bytes, 'buffer');
    this.#owner.connectionOpened(this, new Uint8Array(binding));
  }

  /** Ends the connection and tells the other end why, as far as it still listens. */
  end(ending: Ending): void {
    if (this.#state === 'ended') return;
    this.#finish(ending.reason);
    if (ending.code === Ending.deadPeer.code) {
      this.#socket.terminate();
      return;
    }
    this.#socket.close(ending.code, ending.reason);
    this.#cutSoon();
  }

  /** The closing handshake is under way; the other end may never finish it. */
  #cutSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.terminate(), this.#limits.closeWithinMs);
  }

  /** Why the other end closed. A supernode's own words are taken if they are ours too, so that there is a limited number. */
  #closeWords(code: number, reason: string): string {
    if (code === 1006) return 'connection-lost';
    if (!this.dialed) return 'closed-by-client';
    return REASONS.has(reason) ? `remote-${reason}` : 'closed-by-remote';
  }

  #finish(reason: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#timer);
    this.#owner.connectionEnded(this, reason);
  }
}

function onData(this: Duplex, chunk: Buffer): void {
  (this as OwnStream)[OWN].read(chunk);
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  (this as OwnSocket)[OWN].take(data, isBinary);
}

function onPing(this: WebSocket, data: Buffer): void {
  (this as OwnSocket)[OWN].pinged(data);
}

function onPong(this: WebSocket, data: Buffer): void {
  (this as OwnSocket)[OWN].ponged(data);
}

function onError(this: WebSocket, error: Error): void {
  (this as OwnSocket)[OWN].failed(error);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  (this as OwnSocket)[OWN].gone(code, String(reason));
}

const REASONS: ReadonlySet<string> = new Set(Object.values(Ending).map(({ reason }) => reason));

/** For packets and for bytes, both full. */
function buckets(rates: SocketRates): [TokenBucket, TokenBucket] {
  const nowMs = performance.now();
  return [
    new TokenBucket(rates.packetsPerSecond, rates.packetsBurst, nowMs),
    new TokenBucket(rates.bytesPerSecond, rates.bytesBurst, nowMs),
  ];
}

function endingOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return Ending.oversized.reason;
  if (error.code === 'WS_ERR_TOO_MANY_BUFFERED_PARTS') return Ending.tooManyParts.reason;
  return error.code?.startsWith('WS_ERR_') ? Ending.malformed.reason : 'connection-lost';
}
