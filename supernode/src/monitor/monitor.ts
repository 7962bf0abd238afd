/**
 * The network monitor of a supernode (thesis 3.5.5): looks at the net graph from time to time, keeps statistics, on disk if the operator
 * names a file, and tells both to those who watch. Looking may take {@link SHARE} of the time: in a large network it is done less often.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
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

export interface MonitorSettings extends FeedSocketSettings {
  /** The network now; undefined before the supernode has started. */
  readonly view: () => GraphView | undefined;
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
  start(): void {
    const beganMs = performance.now();
    this.#look();
    const tookMs = performance.now() - beganMs;
    this.#timer = setTimeout(() => this.start(), Math.max(LOOK_EVERY_MS - tookMs, tookMs / SHARE));
    this.#timer.unref();
  }

  #look(): void {
    const view = this.#settings.view();
    if (view === undefined) return;
    const nowMs = this.#settings.now();
    const point = this.#feed.look(view, nowMs);
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
    clearTimeout(this.#timer);
    this.#sockets.stop();
    this.#flush(this.#settings.now());
    this.#settings.file?.close();
  }
}
