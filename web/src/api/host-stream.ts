/** `host` of the public API: opens a source, goes live with it, and tells how it goes. */
import { HostSession } from '../session/host-session.ts';
import { SessionError } from '../session/session-error.ts';
import { watchLink } from '../session/stream-link.ts';
import { followHost } from '../state/host-view.ts';
import type { HostEvent, Hosting, HostSource, HostStatus, HostStreamOptions } from './contract.ts';
import { pageOfSocket } from './embed-target.ts';
import { Emitter, tellChanges } from './emitter.ts';
import { bitrate, hostOptions, sourceChoice } from './host-request.ts';
import { hostStatus } from './host-status.ts';

/** As {@link import('./contract.ts').Host}. Rejects with SessionError. */
export async function hostStream(source: HostSource, options: HostStreamOptions = {}): Promise<Hosting> {
  const choice = sourceChoice(source);
  const chosen = hostOptions(options, location.origin);
  const bitsPerSecond = bitrate('bitsPerSecond', options.bitsPerSecond);
  const session = new HostSession();
  const leave = () => session.end();
  addEventListener('pagehide', leave);
  try {
    session.setBitrate(bitsPerSecond);
    await session.choose(choice);
    throwIfFailed(session);
    await session.goLive(chosen);
    throwIfFailed(session);
    const { stream } = session.state.value;
    const [first, ...via] = chosen.supernodes;
    if (stream === undefined || first === undefined) throw new SessionError('unexpected');
    return new HostedStream(session, watchLink(pageOfSocket(first), stream, via), leave);
  } catch (error) {
    removeEventListener('pagehide', leave);
    session.end();
    throw error;
  }
}

function throwIfFailed(session: HostSession): void {
  const { error } = session.state.value;
  if (error) throw error;
}

class HostedStream implements Hosting {
  readonly link: string;
  readonly #session: HostSession;
  readonly #following: ReturnType<typeof followHost>;
  readonly #events = new Emitter<HostEvent, HostStatus>();
  readonly #leave: () => void;
  readonly #unsubscribe: () => void;
  #status: HostStatus;
  #telling = false;

  constructor(session: HostSession, link: string, leave: () => void) {
    this.link = link;
    this.#session = session;
    this.#leave = leave;
    this.#following = followHost(session);
    this.#status = hostStatus(this.#following.view.value);
    this.#unsubscribe = this.#following.view.subscribe(() => this.#tellSoon());
  }

  get preview(): HTMLElement | undefined {
    return this.#session.state.value.source?.preview;
  }

  get status(): HostStatus {
    return this.#status;
  }

  on(event: HostEvent, listener: (status: HostStatus) => void): () => void {
    return this.#events.on(event, listener);
  }

  setBitrate(bitsPerSecond: number | undefined): void {
    this.#session.setBitrate(bitrate('bitsPerSecond', bitsPerSecond));
  }

  setPaused(paused: boolean): void {
    this.#session.setPaused(paused);
  }

  async change(source: HostSource): Promise<void> {
    const choice = sourceChoice(source);
    if (this.#session.state.value.phase === 'live') await this.#session.choose(choice);
  }

  stop(): void {
    this.#session.end();
  }

  /** Afterwards, once for all that changes in one go: a session that fails ends first, and says why then. */
  #tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      const before = this.#status;
      this.#status = hostStatus(this.#following.view.value);
      if (this.#session.state.value.phase !== 'live') this.#over();
      tellChanges(this.#events, before, this.#status);
    });
  }

  #over(): void {
    this.#unsubscribe();
    this.#following.stop();
    removeEventListener('pagehide', this.#leave);
  }
}
