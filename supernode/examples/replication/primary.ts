/** The database that statements are executed on. It feeds each into a stream, and now and then what replicas need that missed some. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  decodeMessage,
  encodeMessage,
  HEAD_BYTES_MAX,
  type Value,
  valuesFromJson,
  valueToJson,
} from './message.ts';
import {
  databaseLimits,
  type Position,
  ReplicatedDatabase,
  ReplicationError,
} from './replicated-database.ts';

/** The log is sent again and again: no more of it at a time. */
const LOG_BYTES_MAX = 256 * 1024;

export interface PrimaryOptions {
  /** The file; what is in it already becomes the start of the log. */
  readonly path: string;
  /** Bytes of the largest message of the stream, at least 1,024. */
  readonly messageBytesMax: number;
  /** Sends a message into the stream; resolves when the next may come. */
  readonly feed: (message: Uint8Array) => Promise<void>;
}

export class Primary {
  readonly #options: PrimaryOptions;
  readonly #database: ReplicatedDatabase;
  /** Messages go out in the order in which they were made. */
  #sending: Promise<unknown> = Promise.resolve();

  /** Throws ReplicationError if the database cannot be replicated. */
  constructor(options: PrimaryOptions) {
    this.#options = options;
    this.#database = new ReplicatedDatabase(options.path);
    if (this.#database.position === undefined) this.#database.startLog();
  }

  get position(): Position {
    return this.#database.position as Position;
  }

  read(sql: string, ...values: Value[]): Record<string, unknown>[] {
    return this.#database.read(sql, ...values);
  }

  /**
   * Executes a statement, then sends it. @returns its number in the log.
   * Rejects with ReplicationError if it is refused: then nothing was changed or sent. If sending fails, rejects with the error of `feed`: the
   * statement counts, and goes out with `sendLog`.
   */
  async execute(sql: string, ...values: Value[]): Promise<number> {
    if (valuesFromJson(values.map(valueToJson)) === undefined)
      throw new ReplicationError(
        'Values are null, finite numbers, 64-bit integers, texts and bytes; at most 1,000.',
      );
    const { log, number } = this.position;
    const message = encodeMessage({ kind: 'statement', log, number: number + 1, sql, values });
    // Executes what the others will read: what JSON changes (-0) is changed here, too.
    const read = decodeMessage(message);
    assert(read.ok && read.message.kind === 'statement');
    if (message.length > this.#options.messageBytesMax)
      throw new ReplicationError(
        `The statement takes ${message.length} bytes, the stream ${this.#options.messageBytesMax}. Split it, or host a stream of larger messages.`,
      );
    const executed = this.#database.apply(read.message.sql, read.message.values);
    await this.#send([message]);
    return executed;
  }

  /** Sends the last statements again, as many as fit, and how many there are: for replicas that missed a few. */
  async sendLog(): Promise<void> {
    const { log, number } = this.position;
    const messages = [encodeMessage({ kind: 'head', log, number })];
    let bytes = 0;
    for (const statement of this.#database.lastStatements(databaseLimits.logStatementsMax).reverse()) {
      const message = encodeMessage({ kind: 'statement', log, ...statement });
      bytes += message.length;
      if (bytes > LOG_BYTES_MAX) break;
      messages.unshift(message);
    }
    await this.#send(messages);
  }

  /** Sends the whole database: for replicas that are new, or missed more than the log holds. */
  async sendSnapshot(): Promise<void> {
    const snapshot = this.#database.snapshot();
    const sha256 = createHash('sha256').update(snapshot).digest('hex');
    const partBytes = this.#options.messageBytesMax - HEAD_BYTES_MAX;
    const parts = Math.ceil(snapshot.length / partBytes);
    const { log, number } = this.position;
    await this.#send(
      Array.from({ length: parts }, (_, part) => {
        const bytes = snapshot.subarray(part * partBytes, (part + 1) * partBytes);
        return encodeMessage({ kind: 'snapshot', log, number, part, parts, sha256, bytes });
      }),
    );
  }

  close(): void {
    this.#database.close();
  }

  /** Nothing comes between these messages. */
  #send(messages: readonly Uint8Array[]): Promise<void> {
    const sent = this.#sending.then(async () => {
      for (const message of messages) await this.#options.feed(message);
    });
    this.#sending = sent.catch(() => {});
    return sent;
  }
}
