/**
 * Watching one stream: a node with a key of its own, and a player on a canvas. What it knows is in `state` (changes with
 * events) and `sample()` (counters, made on request). Knows nothing of the page around the canvas.
 */
import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import type { NodeEvent } from '@murmuration/shared/node/events.ts';
import { PeerDriver } from '@murmuration/shared/node/peer-driver.ts';
import { defaultPeerSettings } from '@murmuration/shared/node/settings.ts';
import type { NodeSnapshot } from '@murmuration/shared/node/snapshot.ts';
import type { UploadOffer } from '@murmuration/shared/relay/upload-offer.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import type { CanvasOwner } from '../media/playback/picture-thread.ts';
import { StreamPlayer } from '../media/player.ts';
import { RememberedPeers } from '../platform/remembered-peers.ts';
import { createEphemeralIdentity } from '../platform/web-crypto.ts';
import { Observable, type Readable } from './observable.ts';
import { pagePorts } from './page-ports.ts';
import { requireBrowser } from './requirements.ts';
import { identityFailure } from './session-error.ts';
import { afterEvent, initialWatchState, type WatchState } from './watch-state.ts';

/** Time that decoding and painting take out of the playout delay, in ms: votes must be in before it. */
const DECODE_RESERVE_MS = 25;
const CONFIRM_WITHIN_MS_MIN = 20;
/** How often to look whether the first picture is there, in ms. */
const PICTURE_POLL_MS = 50;

export interface WatchOptions {
  readonly stream: StreamId;
  readonly supernodes: readonly string[];
  /** Viewers to serve directly at most; 0 is watch only. */
  readonly slots: number;
  /** Largest playout delay in ms; left out, the player's own. */
  readonly delayMaxMs?: number | undefined;
}

export interface WatchSample {
  readonly node: NodeSnapshot;
  readonly player: ReturnType<StreamPlayer['stats']>;
}

export class WatchSession {
  readonly #state = new Observable<WatchState>(initialWatchState);
  readonly #options: WatchOptions;
  readonly #remembered: RememberedPeers;
  #offer: UploadOffer;
  #driver: PeerDriver | undefined;
  #player: StreamPlayer | undefined;
  #hidden = false;
  #muted = true;
  #pictureTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#offer = {
      slots: options.slots,
      uploadBitsPerSecond: defaultPeerSettings.uploadBitsPerSecond,
    };
    this.#remembered = new RememberedPeers(options.stream);
  }

  get state(): Readable<WatchState> {
    return this.#state;
  }

  /** Joins and plays onto `canvas`. Never rejects: what goes wrong is in `state.error`. Call once. */
  async start(canvas: HTMLCanvasElement, canvasOwner: CanvasOwner): Promise<void> {
    try {
      requireBrowser('viewer');
      const crypto = await createEphemeralIdentity();
      if (this.#state.value.phase === 'stopped') return;
      const ports = pagePorts(crypto);
      const driver = new PeerDriver(ports, {
        ...defaultPeerSettings,
        role: 'viewer',
        supernodes: this.#options.supernodes,
        stream: this.#options.stream,
        ...this.#offer,
        remembered: this.#remembered.all,
      });
      const { delayMaxMs } = this.#options;
      const player = new StreamPlayer(canvas, {
        canvasOwner,
        ...(delayMaxMs === undefined ? {} : { maxDelayMs: delayMaxMs }),
        onDelayChange: (delayMs) => driver.setConfirmWithinMs(confirmWithin(delayMs)),
        onTrouble: ({ message }) => this.#change({ playerTrouble: message }),
      });
      this.#driver = driver;
      this.#player = player;
      player.setHidden(this.#hidden);
      this.#change({ phase: 'running' });
      driver.start((event) => {
        if (event.type === 'ice-servers') ports.tellIceServers(event);
        else this.#receive(event, player, ports.clock.now());
      });
      if (this.#hidden) this.#tellOffer();
      this.#awaitPicture(player);
    } catch (cause) {
      this.#change({ error: identityFailure(cause) });
      this.stop();
    }
  }

  #receive(event: NodeEvent, player: StreamPlayer, nowMs: number): void {
    // The node counts from 1970, the player from the start of the page.
    if (event.type === 'message')
      player.push(event.bytes, event.key, event.arrivedAt - performance.timeOrigin);
    else {
      if (event.type === 'gap') player.gap();
      if (event.type === 'link-open' && event.role !== Role.supernode) this.#remembered.add(event.peer);
      this.#state.set(afterEvent(this.#state.value, event, nowMs));
    }
  }

  #awaitPicture(player: StreamPlayer): void {
    if (player.stats().painted > 0) this.#change({ pictured: true });
    else this.#pictureTimer = setTimeout(() => this.#awaitPicture(player), PICTURE_POLL_MS);
  }

  #change(part: Partial<WatchState>): void {
    this.#state.set({ ...this.#state.value, ...part });
  }

  /** Counters of this moment; undefined until started. */
  sample(): WatchSample | undefined {
    const node = this.#driver?.snapshot();
    return node && this.#player && { node, player: this.#player.stats() };
  }

  /** What this viewer uploads at most from now on. */
  setOffer(offer: UploadOffer): void {
    this.#offer = offer;
    this.#tellOffer();
  }

  /** A browser may freeze or discard a tab that is neither seen nor heard, so nobody new is to depend on it. */
  #tellOffer(): void {
    const { slots, uploadBitsPerSecond } = this.#offer;
    this.#driver?.setSlots(slots, uploadBitsPerSecond, this.#hidden && this.#muted);
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#player?.setMuted(muted);
    this.#tellOffer();
  }

  /** @param volume 0 to 1. */
  setVolume(volume: number): void {
    this.#player?.setVolume(volume);
  }

  /** The node goes on relaying. Afterwards the picture is live again. */
  setPaused(paused: boolean): void {
    this.#player?.setPaused(paused);
  }

  /** Nobody can see the picture. */
  setHidden(hidden: boolean): void {
    this.#hidden = hidden;
    this.#player?.setHidden(hidden);
    this.#tellOffer();
  }

  /** Plays, as near to the host as can be. */
  toLiveEdge(): void {
    this.#player?.toLiveEdge();
  }

  /** Says goodbye to all neighbours and frees the decoder. Safe to call twice. */
  stop(): void {
    clearTimeout(this.#pictureTimer);
    this.#driver?.stop();
    this.#player?.stop();
    this.#driver = undefined;
    this.#player = undefined;
    this.#change({ phase: 'stopped' });
  }
}

const confirmWithin = (delayMs: number): number =>
  Math.max(CONFIRM_WITHIN_MS_MIN, delayMs - DECODE_RESERVE_MS);
