/** The page's end of a supernode's monitor (PROTOCOL.md R45): asks who may watch, listens, and comes back when the socket is lost. */
import { decodeFeedMessage } from '@murmuration/shared/monitor/feed-codec.ts';
import { FEED_PATH, type FeedMessage } from '@murmuration/shared/monitor/feed-messages.ts';
import { Observable, type Readable } from './observable.ts';

export type FeedState =
  | 'connecting'
  | 'open'
  /** It was open, or could not be opened; tried again. */
  | 'lost'
  /** The operator wants a token. */
  | 'token-wanted'
  | 'token-wrong'
  /** The operator shows no monitor. */
  | 'off';

const TOKEN_KEY = 'monitor-token';
const TOKEN_WRONG = 4007;
const BACK_OFF_MS = [1_000, 2_000, 4_000, 8_000, 10_000];

export class MonitorSession {
  readonly #origin: string;
  readonly #onMessage: (message: FeedMessage) => void;
  readonly #state = new Observable<FeedState>('connecting');
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #stopped = false;

  /** `origin`: of the supernode, such as https://live.example. */
  constructor(origin: string, onMessage: (message: FeedMessage) => void) {
    this.#origin = origin;
    this.#onMessage = onMessage;
  }

  get state(): Readable<FeedState> {
    return this.#state;
  }

  start(): void {
    void this.#open();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  /** Tries a token that a person gave, and keeps it as long as the tab is open. */
  giveToken(token: string): void {
    sessionStorage.setItem(TOKEN_KEY, token.trim());
    this.#state.set('connecting');
    void this.#open();
  }

  async #open(): Promise<void> {
    const mode = await this.#mode();
    if (this.#stopped) return;
    if (mode === undefined) this.#retry();
    else if (mode === 'off') this.#state.set('off');
    else if (mode === 'token' && !sessionStorage.getItem(TOKEN_KEY)) this.#state.set('token-wanted');
    else this.#listen(mode === 'token' ? (sessionStorage.getItem(TOKEN_KEY) ?? undefined) : undefined);
  }

  /** Who may watch; undefined if the supernode does not answer. */
  async #mode(): Promise<string | undefined> {
    try {
      const answer = await fetch(`${this.#origin}/health`, { cache: 'no-store' });
      const { monitor } = (await answer.json()) as { monitor?: unknown };
      return typeof monitor === 'string' ? monitor : 'off';
    } catch {
      return undefined;
    }
  }

  #listen(token: string | undefined): void {
    const socket = new WebSocket(this.#origin.replace(/^http/, 'ws') + FEED_PATH);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      if (token !== undefined) socket.send(token);
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message = data instanceof ArrayBuffer ? decodeFeedMessage(new Uint8Array(data)) : undefined;
      // A supernode that speaks another version, or something else is wrong with it: asked again later.
      if (!message?.ok) {
        socket.close();
        return;
      }
      this.#failures = 0;
      this.#state.set('open');
      this.#onMessage(message.value);
    };
    socket.onclose = ({ code }) => {
      if (this.#stopped) return;
      if (code === TOKEN_WRONG) {
        sessionStorage.removeItem(TOKEN_KEY);
        this.#state.set('token-wrong');
      } else this.#retry();
    };
  }

  #retry(): void {
    this.#state.set('lost');
    const pauseMs = BACK_OFF_MS[Math.min(this.#failures++, BACK_OFF_MS.length - 1)] ?? 10_000;
    // Spread out: after a restart of the supernode all pages come back.
    this.#timer = setTimeout(() => void this.#open(), pauseMs * (0.7 + Math.random() * 0.6));
  }
}
