/**
 * The statistics of the monitor on disk, so that plots survive a restart: points of the feed (PROTOCOL.md R46), one after another, each with
 * its length and a check sum. It is read once, at the start, and then only appended to, so a database would bring nothing but its size;
 * and Node's own (node:sqlite) still calls itself experimental. At the start, and when it has
 * grown, it is written anew with what is kept, into a second file that takes its place. What a crash cut short is passed over.
 *
 *     file    16 "murmuration 01\n\0" · n × entry
 *     entry   u32 length · u32 CRC-32 of the bytes · length × u8 points message
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { decodeFeedMessage, encodeFeedMessage } from '@murmuration/shared/monitor/feed-codec.ts';
import { FeedType, feedLimits, type MonitorPoint } from '@murmuration/shared/monitor/feed-messages.ts';
import { MonitorError } from './monitor-error.ts';

const MAGIC = Buffer.from('murmuration 01\n\0');
const ENTRY_HEAD_BYTES = 8;

export interface HistoryFileLimits {
  /** The file is written anew when it is larger, and twice as large as what is kept. Default 4 MiB. */
  readonly compactBytes: number;
  /** Beyond this nothing more is appended. Default 32 MiB, which what is kept never comes near. */
  readonly bytesMax: number;
}

const defaultHistoryFileLimits: HistoryFileLimits = {
  compactBytes: 4 * 1024 * 1024,
  bytesMax: 32 * 1024 * 1024,
};

export class HistoryFile {
  readonly #path: string;
  readonly #limits: HistoryFileLimits;
  #descriptor: number;
  #bytes: number;
  /** What it had when it was written anew last. */
  #compactedBytes: number;

  /** Opens or makes it. Throws {@link MonitorError}. */
  constructor(path: string, limits: HistoryFileLimits = defaultHistoryFileLimits) {
    this.#path = path;
    this.#limits = limits;
    try {
      this.#descriptor = openSync(path, 'a+', 0o600);
      this.#bytes = fstatSync(this.#descriptor).size;
      if (this.#bytes === 0) this.#bytes = writeSync(this.#descriptor, MAGIC);
    } catch (error) {
      throw unusable(path, error as Error);
    }
    this.#compactedBytes = MAGIC.length;
  }

  /** All points that are whole, as they were written. Throws {@link MonitorError} if the file is something else. */
  read(): MonitorPoint[] {
    if (this.#bytes > this.#limits.bytesMax + feedLimits.messageBytesMax) throw this.#foreign();
    const bytes = readFileSync(this.#path);
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw this.#foreign();
    const points: MonitorPoint[] = [];
    let at = MAGIC.length;
    while (at + ENTRY_HEAD_BYTES <= bytes.length) {
      const length = bytes.readUInt32BE(at);
      const entry = bytes.subarray(at + ENTRY_HEAD_BYTES, at + ENTRY_HEAD_BYTES + length);
      // What comes behind a damaged entry cannot be found.
      if (entry.length < length || crc32(entry) !== bytes.readUInt32BE(at + 4)) break;
      const message = decodeFeedMessage(entry);
      if (message.ok && message.value.type === FeedType.points) points.push(...message.value.points);
      at += ENTRY_HEAD_BYTES + length;
    }
    return points;
  }

  #foreign(): MonitorError {
    return new MonitorError(
      `${this.#path} is no history of a monitor. Name another file with --monitor-history, or move this one away.`,
    );
  }

  /** Whether it is time for {@link compact}. */
  get isLarge(): boolean {
    return this.#bytes > Math.max(this.#limits.compactBytes, 2 * this.#compactedBytes);
  }

  /** Appends points. Throws what the disk says. */
  append(points: readonly MonitorPoint[]): void {
    if (points.length === 0 || this.#bytes > this.#limits.bytesMax) return;
    this.#bytes += writeSync(this.#descriptor, entriesOf(points));
  }

  /** Writes it anew with these points alone. Throws what the disk says; the old one is then still there. */
  compact(points: readonly MonitorPoint[]): void {
    const bytes = Buffer.concat([MAGIC, entriesOf(points)]);
    const fresh = `${this.#path}.new`;
    writeFileSync(fresh, bytes, { mode: 0o600, flush: true });
    const descriptor = openSync(fresh, 'a');
    try {
      renameSync(fresh, this.#path);
    } catch (error) {
      closeSync(descriptor);
      unlinkSync(fresh);
      throw error;
    }
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#bytes = bytes.length;
    this.#compactedBytes = bytes.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Throws {@link MonitorError} if this file cannot be used, or made where it is missing; makes nothing. */
export function checkHistoryFile(path: string): void {
  if (!existsSync(path)) {
    try {
      accessSync(dirname(path), constants.W_OK);
    } catch (error) {
      throw unusable(path, error as Error);
    }
    return;
  }
  const file = new HistoryFile(path);
  try {
    file.read();
  } finally {
    file.close();
  }
}

const unusable = (path: string, error: Error): MonitorError =>
  new MonitorError(
    `The monitor’s history in ${path} cannot be opened: ${error.message}. Is its folder there, and writable? Or leave out --monitor-history.`,
    { cause: error },
  );

function entriesOf(points: readonly MonitorPoint[]): Buffer {
  const { pointsPerMessageMax: size } = feedLimits;
  const parts: Uint8Array[] = [];
  for (let from = 0; from < points.length; from += size) {
    const message = encodeFeedMessage({ type: FeedType.points, points: points.slice(from, from + size) });
    const head = Buffer.alloc(ENTRY_HEAD_BYTES);
    head.writeUInt32BE(message.length, 0);
    head.writeUInt32BE(crc32(message), 4);
    parts.push(head, message);
  }
  return Buffer.concat(parts);
}
