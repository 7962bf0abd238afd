/**
 * What a live stream shows: one source after the other, cards in between, all on one timeline, and no faster than the swarm carries.
 * Knows nothing of nodes and links.
 */
import type { LiveSource, SourceError } from '../media/source.ts';
import { wallClockMs } from '../media/wall-clock.ts';
import { BitratePolicy } from './bitrate-policy.ts';

type MediaModule = Pick<typeof import('../media/source.ts'), 'SourceSwitch' | 'openCard'>;

/** The swarm carries less than the host chose. All in bit/s. */
export interface LoweredRate {
  readonly chosen: number;
  /** What is encoded instead. */
  readonly target: number;
  /** What the swarm said it carries at most; undefined: there is room again, and the rate rises step by step. */
  readonly carried: number | undefined;
  /** The source is passed through as it is, and cannot be lowered: it goes out faster than it is carried. */
  readonly fixed: boolean;
}

export interface OnAirCalls {
  publish(message: Uint8Array, key: boolean): void;
  /** The source ended by itself; viewers see a card until another one is shown. */
  sourceLost(error: SourceError | undefined): void;
  /** Not even a card can be encoded. */
  failed(error: SourceError | undefined): void;
  /** Undefined: what the host chose goes out. */
  rateChanged(rate: LoweredRate | undefined): void;
}

export class OnAir {
  readonly #media: MediaModule;
  readonly #calls: OnAirCalls;
  readonly #originMs = wallClockMs();
  readonly #switch: InstanceType<MediaModule['SourceSwitch']>;
  readonly #running = new Set<LiveSource>();
  readonly #policy: BitratePolicy;
  #source: LiveSource | undefined;
  #paused = false;
  #publishedBytes = 0;
  /** What the source encodes at, in bit/s. */
  #encodedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(media: MediaModule, first: LiveSource, calls: OnAirCalls) {
    this.#media = media;
    this.#calls = calls;
    this.#policy = new BitratePolicy(first.info.bitsPerSecond);
    this.#switch = new media.SourceSwitch<unknown>(
      (message, key) => {
        this.#publishedBytes += message.length;
        calls.publish(message, key);
      },
      (source) => this.#wentOff(source as LiveSource),
    );
    this.show(first);
  }

  get publishedBytes(): number {
    return this.#publishedBytes;
  }

  /** Shows another source, which then belongs to this; the one before is closed once it is off. Ends a pause. */
  show(source: LiveSource): void {
    this.#source = source;
    this.#paused = false;
    this.#encodedAt = source.info.bitsPerSecond;
    this.#policy.choose(source.info.bitsPerSecond, performance.now());
    this.#run(source, (error) => {
      const shown = this.#source === source;
      this.#remove(source);
      if (!shown) return;
      this.#source = undefined;
      this.#showCard('between-sources', source);
      this.#calls.sourceLost(error);
    });
    this.#applyRate();
  }

  /** The host chose another rate for the source; undefined: the usual one. False if the source would have to be opened anew. */
  chooseBitrate(bitsPerSecond: number | undefined): boolean {
    const chosen = this.#source?.setBitrate(bitsPerSecond);
    if (chosen === undefined) return false;
    this.#encodedAt = chosen;
    this.#policy.choose(chosen, performance.now());
    this.#applyRate();
    return true;
  }

  setPaused(paused: boolean): void {
    const source = this.#source;
    if (!source || paused === this.#paused) return;
    this.#paused = paused;
    source.setPaused(paused);
    if (paused) this.#showCard('paused', source);
    else this.#switch.put(source);
  }

  /** The swarm says what it carries of this stream at most, in bit/s; undefined: there is room again. */
  reportCarried(bitsPerSecond: number | undefined): void {
    this.#policy.report(bitsPerSecond, performance.now());
    this.#applyRate();
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const source of this.#running) source.stop();
    this.#running.clear();
  }

  #run(source: LiveSource, onEnded: (error: SourceError | undefined) => void): void {
    this.#running.add(source);
    this.#switch.put(source);
    source.start((message, key) => this.#switch.message(source, message, key), onEnded, this.#originMs);
  }

  #showCard(why: Parameters<MediaModule['openCard']>[0], inPlaceOf: LiveSource): void {
    const card = this.#media.openCard(why, inPlaceOf.info);
    this.#run(card, (error) => this.#calls.failed(error));
  }

  #wentOff(source: LiveSource): void {
    // A source that is paused is off, but goes on later.
    if (source !== this.#source) this.#remove(source);
  }

  #remove(source: LiveSource): void {
    this.#switch.remove(source);
    this.#running.delete(source);
    source.stop();
  }

  #applyRate(): void {
    const { chosen, target, carried, nextDeadline } = this.#policy;
    let fixed = false;
    if (this.#source && target !== this.#encodedAt) {
      const encodedAt = this.#source.setBitrate(target);
      fixed = encodedAt === undefined;
      this.#encodedAt = encodedAt ?? this.#encodedAt;
    }
    this.#calls.rateChanged(target < chosen ? { chosen, target, carried, fixed } : undefined);
    clearTimeout(this.#timer);
    if (nextDeadline === undefined) return;
    this.#timer = setTimeout(() => {
      this.#policy.tick(performance.now());
      this.#applyRate();
    }, nextDeadline - performance.now());
  }
}
