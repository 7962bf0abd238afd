/**
 * A stream that is being watched, whoever shows it: our own page, the web component, or a program that called `watch`. Brings together
 * the session, what is shown of it, what a person has set (sound, pause), and what they wish to pass on.
 */
import type { CanvasOwner } from '../media/playback/picture-thread.ts';
import { watchMetered } from '../platform/metered.ts';
import { Observable, type Readable } from '../session/observable.ts';
import { type WatchOptions, WatchSession } from '../session/watch-session.ts';
import { offerOf, type SharingFacts, type SharingWishes } from '../state/sharing.ts';
import { followWatch, type WatchView } from '../state/watch-view.ts';
import type { WatchEvent, Watching, WatchStatus } from './contract.ts';
import { Emitter, tellChanges } from './emitter.ts';
import { watchStatus } from './watch-status.ts';

export interface PlaySettings {
  readonly muted: boolean;
  /** 0 to 1. */
  readonly volume: number;
  readonly paused: boolean;
}

export interface WatchedStreamOptions extends Pick<WatchOptions, 'stream' | 'supernodes' | 'delayMaxMs'> {
  readonly wishes: SharingWishes;
  /** 0 to 1. */
  readonly volume: number;
}

export class WatchedStream implements Omit<Watching, 'canvas'> {
  readonly #session: WatchSession;
  readonly #following: ReturnType<typeof followWatch>;
  readonly #events = new Emitter<WatchEvent, WatchStatus>();
  readonly #settings: Observable<PlaySettings>;
  readonly #facts = new Observable<SharingFacts>({ metered: false, bitsPerSecond: undefined });
  readonly #endings: (() => void)[];
  #wishes: SharingWishes;
  #elsewhere = false;
  #painted = { count: 0, atMs: 0 };
  #status: WatchStatus;

  constructor({ wishes, volume, ...options }: WatchedStreamOptions) {
    this.#session = new WatchSession({ ...options, slots: wishes.slots });
    this.#following = followWatch(this.#session);
    this.#settings = new Observable({ muted: true, volume, paused: false });
    this.#wishes = wishes;
    this.#status = this.#statusNow();
    const hidden = () => this.#tellHidden();
    document.addEventListener('visibilitychange', hidden);
    this.#endings = [
      watchMetered((metered) => this.#learn({ metered })),
      this.#session.state.subscribe(() =>
        this.#learn({ bitsPerSecond: this.#session.state.value.bitsPerSecond }),
      ),
      this.#following.view.subscribe(() => this.#tellStatus()),
      () => document.removeEventListener('visibilitychange', hidden),
      () => this.#following.stop(),
    ];
    this.#tellHidden();
  }

  /** Joins, and plays onto `canvas`. Never rejects: what goes wrong is in the view and the status. Call once. */
  async start(canvas: HTMLCanvasElement, canvasOwner: CanvasOwner): Promise<void> {
    await this.#session.start(canvas, canvasOwner);
    // The player was not there when these were set.
    const { muted, volume, paused } = this.#settings.value;
    this.#session.setVolume(volume);
    if (!muted) this.#session.setMuted(false);
    if (paused) this.#session.setPaused(true);
  }

  /** Everything that our own page shows. */
  get view(): Readable<WatchView> {
    return this.#following.view;
  }

  get settings(): Readable<PlaySettings> {
    return this.#settings;
  }

  /** What decides, besides wishes, how much is passed on. */
  get facts(): Readable<SharingFacts> {
    return this.#facts;
  }

  get status(): WatchStatus {
    return this.#status;
  }

  on(event: WatchEvent, listener: (status: WatchStatus) => void): () => void {
    return this.#events.on(event, listener);
  }

  setMuted(muted: boolean): void {
    this.#session.setMuted(muted);
    this.#set({ muted });
  }

  setVolume(volume: number): void {
    const within = Math.min(1, Math.max(0, volume));
    this.#session.setVolume(within);
    this.#set({ volume: within });
  }

  pause(): void {
    this.#session.setPaused(true);
    this.#set({ paused: true });
  }

  play(): void {
    this.#session.setPaused(false);
    this.#set({ paused: false });
  }

  toLiveEdge(): void {
    this.#session.toLiveEdge();
    this.#set({ paused: false });
  }

  setSlots(slots: number): void {
    this.setWishes({ ...this.#wishes, slots });
  }

  setWishes(wishes: SharingWishes): void {
    this.#wishes = wishes;
    this.#obey();
  }

  /** The picture is seen outside of the page, whether or not that is hidden. */
  setElsewhere(elsewhere: boolean): void {
    this.#elsewhere = elsewhere;
    this.#tellHidden();
  }

  stop(): void {
    this.#session.stop();
    for (const end of this.#endings.splice(0)) end();
  }

  get #hidden(): boolean {
    return document.hidden && !this.#elsewhere;
  }

  #tellHidden(): void {
    this.#session.setHidden(this.#hidden);
    this.#seen();
  }

  #set(part: Partial<PlaySettings>): void {
    this.#settings.set({ ...this.#settings.value, ...part });
    this.#seen();
    this.#tellStatus();
  }

  #learn(part: Partial<SharingFacts>): void {
    const facts = { ...this.#facts.value, ...part };
    const { metered, bitsPerSecond } = this.#facts.value;
    if (facts.metered === metered && facts.bitsPerSecond === bitsPerSecond) return;
    this.#facts.set(facts);
    this.#obey();
  }

  #obey(): void {
    this.#session.setOffer(offerOf(this.#wishes, this.#facts.value));
  }

  #tellStatus(): void {
    const before = this.#status;
    this.#status = this.#statusNow();
    tellChanges(this.#events, before, this.#status);
  }

  #statusNow(): WatchStatus {
    const view = this.#following.view.value;
    const { muted, paused } = this.#settings.value;
    const count = view.figures?.painted ?? 0;
    if (count !== this.#painted.count) this.#painted = { count, atMs: performance.now() };
    return watchStatus(this.#session.state.value, view, {
      paused,
      resting: muted && this.#hidden,
      stillMs: performance.now() - this.#painted.atMs,
    });
  }

  /** Decoding may begin anew from now: what stood still until then was no stall. */
  #seen(): void {
    this.#painted = { ...this.#painted, atMs: performance.now() };
  }
}
