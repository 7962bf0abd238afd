/**
 * The network monitor of a supernode (thesis 3.5.5): looks at the net graph from time to time, keeps statistics, on disk if the operator
 * names a file, and tells both to those who watch. Looking may take {@link SHARE} of the time: in a large network it is done less often.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { GraphView } from '@murmuration/shared/graph/statistics.ts';
import { StatisticsHistory } from '@murmuration/shared/graph/statistics-history.ts';
import {
  FEED_PATH,
  type MonitorPoint,
  monitorTiers,
  type ShortName,
} from '@murmuration/shared/monitor/feed-messages.ts';
import type { Log } from '../log.ts';
import { Feed } from './feed.ts';
import { type FeedSocketSettings, FeedSockets } from './feed-sockets.ts';
import type { HistoryFile } from './history-file.ts';

const LOOK_EVERY_MS = 2_000;
/** Of the time may go into looks. */
const SHARE = 0.02;
/** A crash loses at most so much of the history. */
const WRITE_EVERY_MS = 30_000;

/** After so many ms of a look others have their turn. */
const PART_MS = 1;
/** The time is looked at after so many steps. */
const STEPS_AT_ONCE = 256;

/** Work that lets others have their turn, and knows how long it took. */
class Work {
  /** Without the pauses. */
  tookMs = 0;

  async done<Result>(steps: Generator<void, Result>): Promise<Result> {
    for (;;) {
      const beganMs = performance.now();
      while (performance.now() - beganMs < PART_MS)
        for (let step = 0; step < STEPS_AT_ONCE; step++) {
          const { done, value } = steps.next();
          if (done !== true) continue;
          this.tookMs += performance.now() - beganMs;
          return value;
        }
      this.tookMs += performance.now() - beganMs;
      await setImmediate();
    }
  }
}

export interface MonitorSettings extends FeedSocketSettings {
  /** Looks at the network in small steps; undefined before the supernode has started. */
  readonly view: () => Generator<void, GraphView> | undefined;
  /** Unix time in ms. */
  readonly now: () => number;
  readonly file: HistoryFile | undefined;
  readonly log: Log;
}

export class Monitor {
  readonly #settings: MonitorSettings;
  readonly #statistics = new StatisticsHistory<ShortName>(monitorTiers);
  readonly #feed: Feed;
  readonly #sockets: FeedSockets;
  /** Points that are not on disk yet. */
  #unwritten: MonitorPoint[] = [];
  #writeAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** Takes up the history of an earlier life. Throws `MonitorError` if that cannot be read. */
  constructor(settings: MonitorSettings) {
    this.#settings = settings;
    const { file } = settings;
    if (file !== undefined) {
      this.#statistics.restore(file.read());
      this.#write(() => file.compact(this.#statistics.points()));
    }
    this.#feed = new Feed(this.#statistics);
    this.#sockets = new FeedSockets(this.#feed, settings);
  }

  /** Whether a request to upgrade is for the monitor. */
  static wants(request: IncomingMessage): boolean {
    return request.url?.split('?')[0] === FEED_PATH;
  }

  get readers(): number {
    return this.#sockets.readers;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head);
  }

  /** Looks now, and again and again until {@link stop}. */
  async start(): Promise<void> {
    const work = new Work();
    await this.#look(work);
    if (this.#stopped) return;
    this.#timer = setTimeout(
      () => void this.start(),
      Math.max(LOOK_EVERY_MS - work.tookMs, work.tookMs / SHARE),
    );
    this.#timer.unref();
  }

  async #look(work: Work): Promise<void> {
    const steps = this.#settings.view();
    if (steps === undefined) return;
    const view = await work.done(steps);
    const nowMs = this.#settings.now();
    const point = await work.done(this.#feed.lookInSteps(view, nowMs));
    if (this.#stopped) return;
    this.#sockets.pump();
    if (this.#settings.file === undefined) return;
    this.#unwritten.push(point);
    // Also if the clock was set back.
    if (Math.abs(nowMs - this.#writeAtMs) >= WRITE_EVERY_MS) this.#flush(nowMs);
  }

  #flush(nowMs: number): void {
    const { file } = this.#settings;
    if (file === undefined) return;
    this.#writeAtMs = nowMs;
    const points = this.#unwritten;
    this.#unwritten = [];
    this.#write(() => {
      if (file.isLarge) file.compact(this.#statistics.points());
      else file.append(points);
    });
  }

  /** A full disk must not stop a supernode: the history goes on in memory. */
  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      const { message } = error as Error;
      this.#settings.log.warn('monitor-history', 'The monitor’s history could not be written', { message });
    }
  }

  /** Says goodbye to all who watch, and writes what is not written yet. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#sockets.stop();
    this.#flush(this.#settings.now());
    this.#settings.file?.close();
  }
}
