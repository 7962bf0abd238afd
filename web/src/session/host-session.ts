/**
 * Hosting one stream: a source with a preview, and, while live, the node that feeds its messages to the swarm. The order is fixed
 * by the protocol: key under a lock → supernode proposes a nonce → epoch stored → live → messages.
 */
import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import { openHostStream } from '@murmuration/shared/node/host-stream.ts';
import { PeerDriver } from '@murmuration/shared/node/peer-driver.ts';
import { defaultPeerSettings, HOST_LINKS_TARGET } from '@murmuration/shared/node/settings.ts';
import type { NodeSnapshot } from '@murmuration/shared/node/snapshot.ts';
import type { LiveSource, SourceChoice, SourceError } from '../media/source.ts';
import { PageStorage } from '../platform/page-storage.ts';
import { type HostIdentity, openHostIdentity } from '../platform/web-crypto.ts';
import { Observable, type Readable } from './observable.ts';
import { type PagePorts, pagePorts } from './page-ports.ts';
import { requireBrowser } from './requirements.ts';
import { identityFailure, SessionError } from './session-error.ts';
import { fitTitle } from './stream-title.ts';

/** How long a supernode may take to answer before going live is given up, in ms. */
const SUPERNODE_WAIT_MS = 12_000;

export interface HostOptions {
  readonly supernodes: readonly string[];
  readonly title: string;
  /** Viewers to serve directly at most. */
  readonly slots: number;
  /** Trees of the stream; undefined: as many as are usual. */
  readonly stripes?: number | undefined;
}

export interface HostState {
  readonly phase: 'idle' | 'opening-source' | 'ready' | 'going-live' | 'live';
  readonly source: LiveSource | undefined;
  /** Set from going live on, and kept afterwards: the link stays the same. */
  readonly stream: StreamId | undefined;
  readonly liveSinceMs: number | undefined;
  /** False if the browser keeps nothing for this page: the next visit gets another link. */
  readonly linkKept: boolean;
  readonly error: SessionError | undefined;
}

export interface HostSample {
  readonly node: NodeSnapshot;
  readonly source: ReturnType<LiveSource['stats']>;
}

/** What is held while live, from the lock on. */
interface Broadcast {
  readonly identity: HostIdentity;
  readonly driver: PeerDriver;
}

export class HostSession {
  readonly #state = new Observable<HostState>({
    phase: 'idle',
    source: undefined,
    stream: undefined,
    liveSinceMs: undefined,
    linkKept: true,
    error: undefined,
  });
  readonly #storage = new PageStorage();
  #broadcast: Broadcast | undefined;
  #choice: SourceChoice | undefined;
  /** Counts choices and endings, so that what was started before one of them can see that it came too late. */
  #turn = 0;

  get state(): Readable<HostState> {
    return this.#state;
  }

  /** Opens a source and shows its preview; the former one is closed. Not while live. Errors are in `state.error`. */
  async choose(choice: SourceChoice): Promise<void> {
    const { phase } = this.#state.value;
    if (phase === 'live' || phase === 'going-live') return;
    const turn = ++this.#turn;
    this.#closeSource();
    this.#choice = choice;
    this.#change({ phase: 'opening-source', error: undefined });
    try {
      requireBrowser('host');
      const { openSource } = await import('../media/source.ts');
      const source = await openSource(choice);
      if (turn !== this.#turn) source.stop();
      else this.#change({ phase: 'ready', source });
    } catch (cause) {
      if (turn === this.#turn) this.#change({ phase: 'idle', error: sourceFailure(cause) });
    }
  }

  /** Goes live with the source that is ready. Errors are in `state.error`; the source stays ready then. */
  async goLive(options: HostOptions): Promise<void> {
    const { phase, source } = this.#state.value;
    if (phase !== 'ready' || !source) return;
    const turn = this.#turn;
    this.#change({ phase: 'going-live', error: undefined });
    try {
      await this.#open(options, source, turn);
    } catch (cause) {
      // If the turn passed, `end` has cleaned up already, and what is open now belongs to a later broadcast.
      if (turn !== this.#turn) return;
      this.#endBroadcast();
      this.#change({ phase: 'ready', error: SessionError.from(cause) });
    }
  }

  async #open(options: HostOptions, source: LiveSource, turn: number): Promise<void> {
    const identity = await openIdentity(this.#storage);
    if (turn !== this.#turn) return identity.release();
    const ports = pagePorts(identity.crypto);
    const driver = new PeerDriver(ports, {
      ...defaultPeerSettings,
      role: 'host',
      supernodes: options.supernodes,
      stream: undefined,
      slots: options.slots,
      linksTarget: HOST_LINKS_TARGET,
    });
    this.#broadcast = { identity, driver };
    const proposed = await proposedNonce(driver, ports, () => this.#signedTwice());
    if (turn !== this.#turn) return;
    const opened = await openHostStream(identity.crypto, this.#storage, ports.clock.now(), proposed).catch(
      (cause) => {
        throw new SessionError('storage-refused', { cause });
      },
    );
    if (turn !== this.#turn) return;
    const title = fitTitle(options.title);
    const { bitsPerSecond } = source.info;
    driver.goLive({ ...opened, title, bitsPerSecond, stripes: options.stripes });
    source.start(
      (message, key) => driver.publish(message, key),
      (error) => this.#sourceEnded(error),
    );
    this.#change({
      phase: 'live',
      stream: opened.stream,
      liveSinceMs: ports.clock.now(),
      linkKept: identity.kept,
    });
  }

  #sourceEnded(error: SourceError | undefined): void {
    this.end();
    if (error) this.#change({ error: sourceFailure(error) });
  }

  /** Somebody else signs with this key, in the same epoch: no viewer can believe either of the two any more. */
  #signedTwice(): void {
    this.end();
    this.#change({ error: new SessionError('signed-twice') });
  }

  /** Ends the stream for everyone and opens the same source again, ready to go live once more with the same link. */
  async endAndPrepare(): Promise<void> {
    const choice = this.#choice;
    this.end();
    if (choice) await this.choose(choice);
  }

  /** Ends the stream, if live, and closes the source. Safe to call twice. */
  end(): void {
    this.#turn++;
    this.#endBroadcast();
    this.#closeSource();
    this.#change({ phase: 'idle', liveSinceMs: undefined });
  }

  /** Counters of this moment; undefined unless live. */
  sample(): HostSample | undefined {
    const { phase, source } = this.#state.value;
    const node = phase === 'live' ? this.#broadcast?.driver.snapshot() : undefined;
    return node && source && { node, source: source.stats() };
  }

  setSlots(slots: number): void {
    this.#broadcast?.driver.setSlots(slots);
  }

  #endBroadcast(): void {
    this.#broadcast?.driver.stop();
    this.#broadcast?.identity.release();
    this.#broadcast = undefined;
  }

  #closeSource(): void {
    this.#state.value.source?.stop();
    this.#change({ source: undefined });
  }

  #change(part: Partial<HostState>): void {
    this.#state.set({ ...this.#state.value, ...part });
  }
}

async function openIdentity(storage: PageStorage): Promise<HostIdentity> {
  const identity = await openHostIdentity(storage).catch((cause: unknown) => {
    throw identityFailure(cause, 'storage-refused');
  });
  if (identity === 'held-by-another-tab') throw new SessionError('already-hosting');
  return identity;
}

/**
 * Starts the driver and resolves with the nonce that a supernode proposes.
 * @param onEquivocation called when the own stream was proven to be signed twice
 */
function proposedNonce(
  driver: PeerDriver,
  ports: PagePorts,
  onEquivocation: () => void,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SessionError('no-supernode')), SUPERNODE_WAIT_MS);
    driver.start((event) => {
      if (event.type === 'equivocation') onEquivocation();
      if (event.type === 'ice-servers') ports.tellIceServers(event);
      if (event.type !== 'nonce-proposed') return;
      clearTimeout(timer);
      resolve(event.nonce);
    });
  });
}

/** The media's errors already speak to people: their words are kept. */
function sourceFailure(cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause;
  const spoken = cause instanceof Error && cause.name === 'SourceError' ? { message: cause.message } : {};
  return new SessionError('source-failed', { cause, ...spoken });
}
