/**
 * The WebSockets of those who watch the monitor (PROTOCOL.md R45). They only listen: all that one may say is the token, where the
 * operator wants one, and pings. Decides who may connect, gives each the feed as fast as it takes it, and ends those who do not.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TokenBucket } from '@murmuration/shared/lib/token-bucket.ts';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { clientAddress, type TrustedProxies } from '../client-address.ts';
import { Refusal } from '../socket-limits.ts';
import { refuse } from '../socket-transport.ts';
import { isToken, TOKEN_CHARACTERS_MAX } from './access.ts';
import type { Feed, FeedReader } from './feed.ts';

export interface FeedSocketLimits {
  /** Readers at once. Default 64; one more is refused with 503. */
  readonly readersMax: number;
  /** Of these, from one address. Default 8; more: 429. */
  readonly readersPerAddressMax: number;
  /** Upgrades a second of all together, and at once. Defaults 5 and 64; more: 503. */
  readonly upgradesPerSecond: number;
  readonly upgradesBurst: number;
  /** Bytes that wait for one reader; the rest stays where all share it. Default 256 KiB. */
  readonly bufferedBytesMax: number;
  /** A reader that takes nothing for so long while something waits is cut, in ms. Default 30,000. */
  readonly stallMs: number;
  /** How often a reader may be so slow that everything has to be told anew. Default 3; then it is cut. */
  readonly restartsMax: number;
  /** How long a reader has for its token, in ms. Default 5,000. */
  readonly tokenWithinMs: number;
  /** A reader that was silent for so long, ping included, is cut, in ms. Default 20,000. */
  readonly pingEveryMs: number;
  /** How long the closing handshake may take, in ms. Default 1,000. */
  readonly closeWithinMs: number;
}

export const defaultFeedSocketLimits: FeedSocketLimits = {
  readersMax: 64,
  readersPerAddressMax: 8,
  upgradesPerSecond: 5,
  upgradesBurst: 64,
  bufferedBytesMax: 256 * 1024,
  stallMs: 30_000,
  restartsMax: 3,
  tokenWithinMs: 5_000,
  pingEveryMs: 20_000,
  closeWithinMs: 1_000,
};

/** Pings that a reader may send a second, and at once. */
const PINGS_PER_SECOND = 1;
const PINGS_BURST = 10;

/** WebSocket close codes and their words, as in socket-limits.ts. With 1006 nothing is sent: the socket is cut. */
const FeedEnding = {
  stopping: { code: 1001, reason: 'supernode-stopping' },
  onlyListens: { code: 1008, reason: 'only-listens' },
  tooManyPings: { code: 4003, reason: 'too-many-packets' },
  tokenMissing: { code: 4006, reason: 'token-missing' },
  tokenWrong: { code: 4007, reason: 'token-wrong' },
  slowReceiver: { code: 1006, reason: 'slow-receiver' },
  deadPeer: { code: 1006, reason: 'dead-peer' },
} as const;
type FeedEnding = (typeof FeedEnding)[keyof typeof FeedEnding];

export interface FeedSocketSettings {
  readonly limits: FeedSocketLimits;
  /** Origins whose pages may connect; empty: all. Programs without an origin may always. */
  readonly origins: readonly string[];
  readonly proxies: TrustedProxies;
  /** What a reader has to say first; undefined: nothing. Asked anew for every reader. */
  readonly token: () => string | undefined;
}

export class FeedSockets {
  readonly #feed: Feed;
  readonly #settings: FeedSocketSettings;
  readonly #server: WebSocketServer;
  readonly #upgrades: TokenBucket;
  readonly #readers = new Set<SocketReader>();
  readonly #perAddress = new Map<string, number>();
  readonly #checks: NodeJS.Timeout;
  #stopping = false;

  constructor(feed: Feed, settings: FeedSocketSettings) {
    this.#feed = feed;
    this.#settings = settings;
    const { upgradesPerSecond, upgradesBurst, pingEveryMs } = settings.limits;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      autoPong: false,
      // UTF-8 has four bytes a character at most.
      maxPayload: 4 * TOKEN_CHARACTERS_MAX,
      maxFragments: 2,
    });
    this.#upgrades = new TokenBucket(upgradesPerSecond, upgradesBurst, performance.now());
    this.#checks = setInterval(() => {
      for (const reader of this.#readers) reader.check();
    }, pingEveryMs);
    this.#checks.unref();
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Takes a request to upgrade, or refuses it. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = clientAddress(request, this.#settings.proxies);
    const refusal = this.#refusalOf(request, address);
    if (refusal !== undefined) {
      refuse(socket, refusal);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const { limits, token } = this.#settings;
      const reader = new SocketReader(webSocket, this.#feed, limits, token());
      this.#readers.add(reader);
      this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
      webSocket.once('close', () => this.#gone(reader, address));
    });
  }

  #refusalOf(request: IncomingMessage, address: string): Refusal | undefined {
    const { limits, origins } = this.#settings;
    if (this.#stopping) return Refusal.stopping;
    const origin = request.headers.origin?.toLowerCase();
    if (origin !== undefined && origins.length > 0 && !origins.includes(origin)) return Refusal.wrongOrigin;
    if (this.#readers.size >= limits.readersMax) return Refusal.tooManyConnections;
    if ((this.#perAddress.get(address) ?? 0) >= limits.readersPerAddressMax)
      return Refusal.tooManyFromAddress;
    return this.#upgrades.take(performance.now()) ? undefined : Refusal.tooManyUpgrades;
  }

  #gone(reader: SocketReader, address: string): void {
    this.#readers.delete(reader);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }

  /** There is something new to tell. */
  pump(): void {
    for (const reader of this.#readers) reader.pump();
  }

  stop(): void {
    this.#stopping = true;
    clearInterval(this.#checks);
    for (const reader of this.#readers) reader.end(FeedEnding.stopping);
  }
}

class SocketReader {
  readonly #socket: WebSocket;
  readonly #feed: Feed;
  readonly #limits: FeedSocketLimits;
  readonly #pings = new TokenBucket(PINGS_PER_SECOND, PINGS_BURST, performance.now());
  /** What it still has to say; undefined: nothing. */
  #token: string | undefined;
  #reader: FeedReader | undefined;
  #timer: NodeJS.Timeout | undefined;
  #heard = true;
  #tookAtMs = performance.now();
  #ended = false;

  constructor(socket: WebSocket, feed: Feed, limits: FeedSocketLimits, token: string | undefined) {
    this.#socket = socket;
    this.#feed = feed;
    this.#limits = limits;
    this.#token = token;
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    socket.on('ping', (data) => this.#pinged(data));
    socket.on('pong', () => {
      if (this.#mayPing()) this.#heard = true;
    });
    // The library closes the socket itself after an error, with the code that belongs to it.
    socket.on('error', () => this.#cutSoon());
    socket.on('close', () => {
      this.#ended = true;
      clearTimeout(this.#timer);
    });
    if (token === undefined) this.#begin();
    else this.#timer = setTimeout(() => this.end(FeedEnding.tokenMissing), limits.tokenWithinMs);
  }

  #begin(): void {
    this.#reader = this.#feed.reader();
    this.pump();
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.#ended) return;
    const expected = this.#token;
    if (expected === undefined) {
      this.end(FeedEnding.onlyListens);
      return;
    }
    if (isBinary || !isToken(String(data), expected)) {
      this.end(FeedEnding.tokenWrong);
      return;
    }
    clearTimeout(this.#timer);
    this.#token = undefined;
    this.#begin();
  }

  #mayPing(): boolean {
    if (this.#ended) return false;
    if (this.#pings.take(performance.now())) return true;
    this.end(FeedEnding.tooManyPings);
    return false;
  }

  /** Answered here and not by the library, which would queue answers without end for one who does not read them. */
  #pinged(data: Buffer): void {
    if (!this.#mayPing()) return;
    this.#heard = true;
    if (this.#socket.bufferedAmount < this.#limits.bufferedBytesMax) this.#socket.pong(data);
  }

  /** Hands over what there is, as far as the reader takes it. */
  pump(): void {
    const reader = this.#reader;
    if (this.#ended || reader === undefined || this.#socket.readyState !== WebSocket.OPEN) return;
    while (this.#socket.bufferedAmount < this.#limits.bufferedBytesMax) {
      const message = reader.next();
      if (message === undefined) break;
      this.#socket.send(message, () => this.#sent());
    }
    if (reader.restarts > this.#limits.restartsMax) this.end(FeedEnding.slowReceiver);
  }

  #sent(): void {
    this.#tookAtMs = performance.now();
    if (this.#socket.bufferedAmount < this.#limits.bufferedBytesMax / 2) this.pump();
  }

  /** Called once a period: cuts the dead and the slow, and asks for a sign of life. */
  check(): void {
    if (this.#ended) return;
    const stalled =
      this.#socket.bufferedAmount > 0 && performance.now() - this.#tookAtMs > this.#limits.stallMs;
    if (stalled) this.end(FeedEnding.slowReceiver);
    else if (!this.#heard) this.end(FeedEnding.deadPeer);
    else {
      this.#heard = false;
      this.#socket.ping();
    }
  }

  end(ending: FeedEnding): void {
    if (this.#ended) return;
    this.#ended = true;
    if (ending.code === 1006) this.#socket.terminate();
    else {
      this.#socket.close(ending.code, ending.reason);
      this.#cutSoon();
    }
  }

  /** The closing handshake is under way; the other end may never finish it. */
  #cutSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.terminate(), this.#limits.closeWithinMs);
  }
}
