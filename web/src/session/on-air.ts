/**
 * What a live stream shows: one source after the other, cards in between, all on one timeline, and no faster than the swarm carries.
 * Knows nothing of nodes and links.
 */
import { BitratePolicy } from '@murmuration/shared/node/bitrate-policy.ts';
import type { Supply } from '@murmuration/shared/relay/relay-contract.ts';
import type { LiveSource, SourceError } from '../media/source.ts';
import { wallClockMs } from '../media/wall-clock.ts';

type MediaModule = Pick<typeof import('../media/source.ts'), 'SourceSwitch' | 'openCard'>;

/** The swarm carries less than the host chose. In bit/s. */
export interface LoweredRate {
  readonly chosen: number;
  /** What is encoded instead. */
  readonly target: number;
  /** The source is passed through as it is, and cannot be lowered: it goes out faster than it is carried. */
  readonly fixed: boolean;
}

export interface OnAirCalls {
  publish(message: Uint8Array, key: boolean): void;
  /** The source ended by itself; viewers see a card until another one is shown. */
  sourceLost(error: SourceError | undefined): void;
  /** Not even a card can be encoded. */
  failed(error: SourceError | undefined): void;
  /**
   * @param bitsPerSecond what the source gives from now on
   * @param lowered undefined: what the host chose goes out
   */
  rateChanged(bitsPerSecond: number, lowered: LoweredRate | undefined): void;
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
  #encodedAt: number;

  constructor(media: MediaModule, first: LiveSource, calls: OnAirCalls) {
    this.#media = media;
    this.#calls = calls;
    this.#encodedAt = first.info.bitsPerSecond;
    this.#policy = new BitratePolicy(this.#encodedAt);
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
    this.#policy.choose(source.info.bitsPerSecond);
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
    this.#policy.choose(chosen);
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

  /** News of the swarm: where viewers starve, the rate falls at once and rises slowly (node/bitrate-policy.ts). */
  heardSupply(supply: Supply, nowMs: number): void {
    if (this.#policy.heard(supply, nowMs)) this.#applyRate();
  }

  stop(): void {
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
    const { bitsPerSecond: target, chosen, isLowered } = this.#policy;
    let fixed = false;
    if (this.#source && target !== this.#encodedAt) {
      const encodedAt = this.#source.setBitrate(target);
      fixed = encodedAt === undefined;
      this.#encodedAt = encodedAt ?? this.#encodedAt;
    }
    const lowered = isLowered ? { chosen, target, fixed } : undefined;
    this.#calls.rateChanged(this.#encodedAt, lowered);
  }
}
