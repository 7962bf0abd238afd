/** A terminal's end of a supernode's monitor (PROTOCOL.md R45): asks who may watch, listens, and comes back when the socket is lost. */
import { StatisticsHistory } from '@murmuration/shared/graph/statistics-history.ts';
import { decodeFeedMessage } from '@murmuration/shared/monitor/feed-codec.ts';
import {
  FEED_PATH,
  type FeedMessage,
  FeedType,
  feedLimits,
  type MonitorPoint,
  monitorTiers,
  type ShortName,
} from '@murmuration/shared/monitor/feed-messages.ts';
import { WebSocket } from 'ws';

const TOKEN_WRONG = 4007;
const ANSWER_WITHIN_MS = 10_000;
const BACK_OFF_MS = [1_000, 2_000, 4_000, 8_000, 10_000];

export type FeedFailure = 'no-supernode' | 'off' | 'token-wanted' | 'token-wrong';

const words: Readonly<Record<FeedFailure, string>> = {
  'no-supernode': 'No supernode answered there. Check the address, and that it is running, then try again.',
  off: 'The operator of this supernode shows no monitor (--monitor off).',
  'token-wanted':
    'The operator wants a token: ask for it, and name the file that holds it with --token-file.',
  'token-wrong': 'The supernode does not take this token. Ask its operator for the present one.',
};

/** Why the monitor cannot be watched: `message` is for people. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  readonly reason: FeedFailure;

  constructor(reason: FeedFailure) {
    super(words[reason]);
    this.reason = reason;
  }
}

export interface FeedCalls {
  /** Points, or whether there is a connection, changed. */
  onChange(): void;
  /** It is given up. */
  onError(error: FeedError): void;
}

export class FeedClient {
  readonly #origin: string;
  readonly #token: string | undefined;
  readonly #calls: FeedCalls;
  #history = new StatisticsHistory<ShortName>(monitorTiers);
  /** What is being told from the beginning; shown when it is complete. */
  #filling: StatisticsHistory<ShortName> | undefined;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #state: 'connecting' | 'open' | 'lost' = 'connecting';
  #failures = 0;
  #stopped = false;

  /** @param origin of the supernode, such as https://live.example */
  constructor(origin: string, token: string | undefined, calls: FeedCalls) {
    this.#origin = origin;
    this.#token = token;
    this.#calls = calls;
  }

  get state(): 'connecting' | 'open' | 'lost' {
    return this.#state;
  }

  /** Oldest first. */
  points(fromMs?: number): MonitorPoint[] {
    return this.#history.points(fromMs);
  }

  start(): void {
    void this.#open();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  async #open(): Promise<void> {
    const mode = await this.#mode();
    if (this.#stopped) return;
    if (mode === undefined) this.#retry();
    else if (mode === 'off') this.#give('off');
    else if (mode === 'token' && this.#token === undefined) this.#give('token-wanted');
    else this.#listen(mode === 'token' ? this.#token : undefined);
  }

  /** Who may watch; undefined if the supernode does not answer. */
  async #mode(): Promise<string | undefined> {
    try {
      const answer = await fetch(`${this.#origin}/health`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      const { monitor } = (await answer.json()) as { monitor?: unknown };
      return typeof monitor === 'string' ? monitor : 'off';
    } catch {
      return undefined;
    }
  }

  #listen(token: string | undefined): void {
    const socket = new WebSocket(this.#origin.replace(/^http/, 'ws') + FEED_PATH, {
      handshakeTimeout: ANSWER_WITHIN_MS,
      maxPayload: feedLimits.messageBytesMax,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    socket.on('open', () => {
      if (token !== undefined) socket.send(token);
    });
    socket.on('message', (data: Buffer, isBinary) => {
      const message = isBinary ? decodeFeedMessage(data) : undefined;
      if (message?.ok) this.#take(message.value);
      else socket.terminate();
    });
    // Closed afterwards by the library.
    socket.on('error', () => {});
    socket.on('close', (code) => {
      if (this.#stopped) return;
      if (code === TOKEN_WRONG) this.#give('token-wrong');
      else this.#retry();
    });
  }

  #take(message: FeedMessage): void {
    switch (message.type) {
      case FeedType.start:
        this.#filling = new StatisticsHistory<ShortName>(monitorTiers);
        return;
      case FeedType.points: {
        const history = this.#filling ?? this.#history;
        for (const { atMs, statistics } of message.points) history.add(statistics, atMs);
        break;
      }
      case FeedType.caughtUp:
        this.#history = this.#filling ?? this.#history;
        this.#filling = undefined;
        this.#failures = 0;
        this.#state = 'open';
        break;
      case FeedType.picture:
        return;
    }
    if (this.#filling === undefined) this.#calls.onChange();
  }

  /** One that never answered is given up; one that was there is waited for. */
  #retry(): void {
    if (this.#state === 'connecting') {
      this.#give('no-supernode');
      return;
    }
    this.#state = 'lost';
    this.#filling = undefined;
    this.#calls.onChange();
    const pauseMs = BACK_OFF_MS[Math.min(this.#failures++, BACK_OFF_MS.length - 1)] ?? 10_000;
    // Spread out: after a restart of the supernode all monitors come back.
    this.#timer = setTimeout(() => void this.#open(), pauseMs * (0.7 + Math.random() * 0.6));
  }

  #give(reason: FeedFailure): void {
    this.stop();
    this.#calls.onError(new FeedError(reason));
  }
}
