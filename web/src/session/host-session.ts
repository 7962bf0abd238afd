/**
 * Hosting one stream: a source with a preview, and, while live, the node that feeds its messages to the swarm. The order is fixed
 * by the protocol: key under a lock → supernode proposes a nonce → epoch stored → live → messages.
 */
import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import type { NodeEvent } from '@murmuration/shared/node/events.ts';
import { openHostStream } from '@murmuration/shared/node/host-stream.ts';
import { PeerDriver } from '@murmuration/shared/node/peer-driver.ts';
import { defaultPeerSettings, HOST_LINKS_TARGET } from '@murmuration/shared/node/settings.ts';
import type { NodeSnapshot } from '@murmuration/shared/node/snapshot.ts';
import type { LiveSource, SourceChoice, SourceError } from '../media/source.ts';
import { PageStorage } from '../platform/page-storage.ts';
import { type HostIdentity, openHostIdentity } from '../platform/web-crypto.ts';
import { Observable, type Readable } from './observable.ts';
import { type LoweredRate, OnAir } from './on-air.ts';
import { type PagePorts, pagePorts } from './page-ports.ts';
import { requireBrowser } from './requirements.ts';
import { identityFailure, SessionError } from './session-error.ts';
import { fitTitle } from './stream-title.ts';

/** How long a supernode may take to answer before going live is given up, in ms. */
const SUPERNODE_WAIT_MS = 12_000;

export interface HostOptions {
  readonly supernodes: readonly string[];
  readonly title: string;
  /** Copies of the stream to send at most, and what they may take of the uplink, in bit/s; undefined: only the copies count. */
  readonly slots: number;
  readonly uploadBitsPerSecond: number | undefined;
  /** Trees of the stream; undefined: as many as are usual. */
  readonly stripes?: number | undefined;
}

export interface HostState {
  readonly phase: 'idle' | 'opening-source' | 'ready' | 'going-live' | 'live';
  /** What is previewed and, while live, shown; undefined while live: viewers see a card until another one is chosen. */
  readonly source: LiveSource | undefined;
  /** Another source is being opened while live. */
  readonly changing: boolean;
  /** Live, but viewers see a card that says so. */
  readonly paused: boolean;
  /** The swarm carries less than was chosen; undefined: all of it. */
  readonly lowered: LoweredRate | undefined;
  /** Set from going live on, and kept afterwards: the link stays the same. */
  readonly stream: StreamId | undefined;
  readonly liveSinceMs: number | undefined;
  /** False if the browser keeps nothing for this page: the next visit gets another link. */
  readonly linkKept: boolean;
  readonly error: SessionError | undefined;
}

export interface HostSample {
  readonly node: NodeSnapshot;
  /** Of all sources so far, cards included. */
  readonly publishedBytes: number;
  /** Undefined while there is no source. */
  readonly source: ReturnType<LiveSource['stats']> | undefined;
}

/** What is held while live, from the lock on. */
interface Broadcast {
  readonly identity: HostIdentity;
  readonly driver: PeerDriver;
  onAir?: OnAir;
}

type MediaModule = typeof import('../media/source.ts');

export class HostSession {
  readonly #state = new Observable<HostState>({
    phase: 'idle',
    source: undefined,
    changing: false,
    paused: false,
    lowered: undefined,
    stream: undefined,
    liveSinceMs: undefined,
    linkKept: true,
    error: undefined,
  });
  readonly #storage = new PageStorage();
  #broadcast: Broadcast | undefined;
  #media: MediaModule | undefined;
  #choice: SourceChoice | undefined;
  #bitsPerSecond: number | undefined;
  /** Counts choices and endings, so that what was started before one of them can see that it came too late. */
  #turn = 0;

  get state(): Readable<HostState> {
    return this.#state;
  }

  /**
   * Opens a source. Before going live it replaces the former one; while live that one stays on until this one can take over, and
   * if this one fails nothing changes. Errors are in `state.error`.
   */
  async choose(choice: SourceChoice): Promise<void> {
    const { phase } = this.#state.value;
    if (phase === 'going-live') return;
    const live = phase === 'live';
    const turn = ++this.#turn;
    if (!live) this.#closeSource();
    this.#change(live ? { changing: true } : { phase: 'opening-source' });
    this.#change({ error: undefined });
    try {
      requireBrowser('host');
      this.#media = await import('../media/source.ts');
      const source = await this.#media.openSource(choice, { bitsPerSecond: this.#bitsPerSecond });
      if (turn !== this.#turn) return source.stop();
      this.#choice = choice;
      if (live) {
        this.#broadcast?.onAir?.show(source);
        this.#change({ source, changing: false, paused: false });
      } else {
        source.whenGone?.((error) => this.#previewLost(source, error));
        this.#change({ phase: 'ready', source });
      }
    } catch (cause) {
      if (turn !== this.#turn) return;
      this.#change({ ...(live ? { changing: false } : { phase: 'idle' }), error: sourceFailure(cause) });
    }
  }

  /**
   * The rate of picture and sound together, in bit/s, for this source and those to come; it decides the size of the picture, too.
   * @param bitsPerSecond undefined: what this machine encodes without trouble, and files untouched
   */
  setBitrate(bitsPerSecond: number | undefined): void {
    this.#bitsPerSecond = bitsPerSecond;
    const { phase, source } = this.#state.value;
    const done = phase === 'live' ? this.#broadcast?.onAir?.chooseBitrate(bitsPerSecond) : undefined;
    // Before going live, the source is opened anew: then what it says of itself is right.
    const reopen = phase === 'ready' ? this.#choice?.kind !== 'screen' : done === false;
    if (phase === 'ready' && !reopen) source?.setBitrate(bitsPerSecond);
    if (reopen && this.#choice) this.choose(this.#choice);
    // What the source says of itself may have changed.
    else this.#change({});
  }

  /** While live: viewers see a card that says so, and nothing is taken from camera, microphone or screen. */
  setPaused(paused: boolean): void {
    const { phase, source } = this.#state.value;
    if (phase !== 'live' || !source) return;
    this.#broadcast?.onAir?.setPaused(paused);
    this.#change({ paused });
  }

  /** Goes live with the source that is ready. Errors are in `state.error`; the source stays ready then. */
  async goLive(options: HostOptions): Promise<void> {
    const { phase, source } = this.#state.value;
    const media = this.#media;
    if (phase !== 'ready' || !source || !media) return;
    const turn = this.#turn;
    this.#change({ phase: 'going-live', error: undefined });
    try {
      await this.#open(options, source, media, turn);
    } catch (cause) {
      // If the turn passed, `end` has cleaned up already, and what is open now belongs to a later broadcast.
      if (turn !== this.#turn) return;
      this.#endBroadcast();
      this.#change({ phase: 'ready', error: SessionError.from(cause) });
    }
  }

  async #open(options: HostOptions, source: LiveSource, media: MediaModule, turn: number): Promise<void> {
    const identity = await openIdentity(this.#storage);
    if (turn !== this.#turn) return identity.release();
    const ports = pagePorts(identity.crypto);
    const driver = new PeerDriver(ports, {
      ...defaultPeerSettings,
      role: 'host',
      supernodes: options.supernodes,
      stream: undefined,
      slots: options.slots,
      uploadBitsPerSecond: options.uploadBitsPerSecond ?? Number.POSITIVE_INFINITY,
      linksTarget: HOST_LINKS_TARGET,
    });
    const broadcast: Broadcast = { identity, driver };
    this.#broadcast = broadcast;
    const proposed = await proposedNonce(driver, ports, (event) => {
      if (event.type === 'equivocation') this.#signedTwice();
      if (event.type === 'supply') broadcast.onAir?.heardSupply(event.supply, ports.clock.now());
    });
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
    this.#change({
      phase: 'live',
      stream: opened.stream,
      liveSinceMs: ports.clock.now(),
      linkKept: identity.kept,
    });
    broadcast.onAir = new OnAir(media, source, {
      publish: (message, key) => driver.publish(message, key),
      sourceLost: (error) => this.#sourceLost(error),
      failed: (error) => this.#failed(error),
      rateChanged: (bitsPerSecond, lowered) => {
        driver.setBitrate(bitsPerSecond);
        this.#change({ lowered });
      },
    });
  }

  #previewLost(source: LiveSource, error: SourceError): void {
    if (this.#state.value.source !== source) return;
    this.end();
    this.#change({ error: sourceFailure(error) });
  }

  #sourceLost(error: SourceError | undefined): void {
    // What the host does about it may be under way already: that goes on.
    this.#change({ source: undefined, paused: false, ...(error ? { error: sourceFailure(error) } : {}) });
  }

  #failed(error: SourceError | undefined): void {
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
    // What was shared is over: a screen is asked for anew only when the host says so.
    const again = this.#state.value.source !== undefined && choice?.kind !== 'screen';
    this.end();
    if (choice && again) await this.choose(choice);
  }

  /** Ends the stream, if live, and closes the source. Safe to call twice. */
  end(): void {
    this.#turn++;
    this.#endBroadcast();
    this.#closeSource();
    this.#change({ phase: 'idle', liveSinceMs: undefined, error: undefined });
  }

  /** Counters of this moment; undefined unless live. */
  sample(): HostSample | undefined {
    const { phase, source } = this.#state.value;
    const { driver, onAir } = this.#broadcast ?? {};
    const node = phase === 'live' ? driver?.snapshot() : undefined;
    return node && { node, publishedBytes: onAir?.publishedBytes ?? 0, source: source?.stats() };
  }

  /** As in {@link HostOptions}, from now on; children over it are let go. */
  setUpload(slots: number, uploadBitsPerSecond: number | undefined): void {
    this.#broadcast?.driver.setSlots(slots, uploadBitsPerSecond);
  }

  #endBroadcast(): void {
    this.#broadcast?.onAir?.stop();
    this.#broadcast?.driver.stop();
    this.#broadcast?.identity.release();
    this.#broadcast = undefined;
    this.#change({ changing: false, paused: false, lowered: undefined });
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
 * @param onEvent gets all that the node tells besides
 */
function proposedNonce(
  driver: PeerDriver,
  ports: PagePorts,
  onEvent: (event: NodeEvent) => void,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SessionError('no-supernode')), SUPERNODE_WAIT_MS);
    driver.start((event) => {
      onEvent(event);
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
