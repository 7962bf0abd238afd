/**
 * Opens WebSockets to other supernodes, and gives up in time. An open one is handed over and no longer known here; when to try
 * again is the node's business. Left out: redirects, proxies and compression. A certificate must fit the name in a `wss:` URL.
 */
import { assert } from '@murmuration/shared/lib/assert.ts';
import type { LinkId } from '@murmuration/shared/lib/ids.ts';
import { WebSocket } from 'ws';
import { Ending, type SocketLimits } from './socket-limits.ts';

/** For every WebSocket of a supernode, dialed or not. No compression: it costs 240 kB a connection. */
export const socketOptions = ({ messageBytesMax, fragmentsMax }: SocketLimits) => ({
  perMessageDeflate: false,
  autoPong: false,
  maxPayload: messageBytesMax,
  maxFragments: fragmentsMax,
  // A slow line delivers a packet in some dozens of reads.
  maxBufferedChunks: 1_024,
});

/** Longest reason of a failed dial, in characters: parts of it may be the other end's words. */
const REASON_CHARACTERS_MAX = 120;

/** What a dialer tells the transport: one of the two for every dial that is not cancelled, and never within the call. */
export interface DialOwner {
  dialOpened(link: LinkId, socket: WebSocket): void;
  dialFailed(link: LinkId, reason: string): void;
}

interface Dial {
  readonly socket: WebSocket;
  readonly timer: NodeJS.Timeout;
}

export class SocketDialer {
  readonly #limits: SocketLimits;
  readonly #owner: DialOwner;
  /** Undefined: failed before it began, about to be reported. */
  readonly #dials = new Map<LinkId, Dial | undefined>();
  #stopped = false;

  constructor(limits: SocketLimits, owner: DialOwner) {
    this.#limits = limits;
    this.#owner = owner;
  }

  /** `url`: ws: or wss:. What is none fails, like everything that goes wrong. */
  dial(link: LinkId, url: string): void {
    assert(!this.#dials.has(link), 'a link id is used once');
    const socket = this.#stopped ? Ending.stopping.reason : openSocket(url, this.#limits);
    if (typeof socket === 'string') {
      this.fail(link, socket);
      return;
    }
    const timer = setTimeout(() => this.#failed(link, 'timed-out'), this.#limits.dialWithinMs);
    this.#dials.set(link, { socket, timer });
    // Listened to for good: a socket that is cut while it connects reports that as an error, too.
    socket.on('error', (error) => this.#failed(link, reasonOf(error)));
    socket.once('open', () => {
      if (this.#drop(link)) this.#owner.dialOpened(link, socket);
    });
  }

  /** Reports a failure soon. */
  fail(link: LinkId, reason: string): void {
    this.#dials.set(link, undefined);
    queueMicrotask(() => this.#failed(link, reason));
  }

  /** Nothing more is heard of this dial. Does nothing if there is none. */
  cancel(link: LinkId): void {
    const dial = this.#dials.get(link);
    if (this.#drop(link)) dial?.socket.terminate();
  }

  /** All dials fail, later ones too. */
  stop(): void {
    this.#stopped = true;
    for (const link of [...this.#dials.keys()]) this.#failed(link, Ending.stopping.reason);
  }

  #failed(link: LinkId, reason: string): void {
    const dial = this.#dials.get(link);
    if (!this.#drop(link)) return;
    dial?.socket.terminate();
    this.#owner.dialFailed(link, reason);
  }

  #drop(link: LinkId): boolean {
    clearTimeout(this.#dials.get(link)?.timer);
    return this.#dials.delete(link);
  }
}

/** A socket that is about to connect, or why there is none. */
function openSocket(url: string, limits: SocketLimits): WebSocket | string {
  // The library would take more: http:, and sockets in the file system.
  if (!/^wss?:\/\//i.test(url)) return 'not-a-websocket-address';
  try {
    // Its own time-out is none for a server that dribbles.
    return new WebSocket(url, { ...socketOptions(limits), followRedirects: false });
  } catch {
    return 'not-a-websocket-address';
  }
}

/** If a name has several addresses, the error that sums up has a code and no words. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return (error.message || error.code || 'connection-failed').slice(0, REASON_CHARACTERS_MAX);
}
