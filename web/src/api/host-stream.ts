/** `host` of the public API: opens a source, goes live with it, and tells how it goes. */
import { HostSession } from '../session/host-session.ts';
import { SessionError } from '../session/session-error.ts';
import { SLOTS_MAX, watchLink } from '../session/stream-link.ts';
import { followHost } from '../state/host-view.ts';
import { defaultPreferences } from '../state/preferences.ts';
import type { HostEvent, Hosting, HostSource, HostStatus, HostStreamOptions } from './contract.ts';
import { pageOfSocket, supernodeSocket } from './embed-target.ts';
import { Emitter, tellChanges } from './emitter.ts';
import { hostStatus, sourceChoice } from './host-status.ts';

/** As {@link import('./contract.ts').Host}. Rejects with SessionError. */
export async function hostStream(source: HostSource, options: HostStreamOptions = {}): Promise<Hosting> {
  const supernodes = (options.supernodes ?? [location.origin]).map(supernodeSocket);
  const [first, ...via] = supernodes;
  if (first === undefined) throw new SessionError('bad-supernode');
  const session = new HostSession();
  const leave = () => session.end();
  addEventListener('pagehide', leave);
  try {
    session.setBitrate(options.bitsPerSecond);
    await session.choose(sourceChoice(source));
    throwIfFailed(session);
    await session.goLive({
      supernodes,
      title: options.title ?? '',
      slots: Math.min(SLOTS_MAX, Math.max(1, Math.floor(options.slots ?? defaultPreferences.hostSlots) || 1)),
      uploadBitsPerSecond: options.uploadBitsPerSecond,
    });
    throwIfFailed(session);
    const { stream } = session.state.value;
    if (stream === undefined) throw new SessionError('unexpected');
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
    this.#session.setBitrate(bitsPerSecond);
  }

  setPaused(paused: boolean): void {
    this.#session.setPaused(paused);
  }

  async change(source: HostSource): Promise<void> {
    if (this.#session.state.value.phase === 'live') await this.#session.choose(sourceChoice(source));
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
