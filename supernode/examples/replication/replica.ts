/**
 * A database that follows a primary. It executes each statement once and in order, and waits for the log or for a snapshot when it has missed
 * some. It reads no clock: times are given to it, in ms.
 */
import { decodeMessage, type Message, type SnapshotMessage, type Value } from './message.ts';
import {
  databaseLimits,
  type Position,
  ReplicatedDatabase,
  ReplicationError,
} from './replicated-database.ts';

export interface ReplicaOptions {
  /** The file: empty, absent, or what an earlier replica left. Only the replica may write to it. */
  readonly path: string;
  readonly nowMs: number;
  /** It says that it is cut off when it has not followed for so long. Longer than the primary takes from snapshot to snapshot. */
  readonly patienceMs: number;
}

type ReplicaState = 'following' | 'catching up' | 'cut off';

export interface ReplicaReport {
  readonly state: ReplicaState;
  /** What happened, and what to do. */
  readonly words: string;
  /** Statements that are in the database; undefined: there is none yet. */
  readonly number: number | undefined;
  /** Statements that the primary is known to have executed. */
  readonly head: number | undefined;
}

/** What became of a message. Refused: it changed nothing. */
export type Receipt =
  | { readonly did: 'executed' | 'installed' | 'collected' | 'noted' | 'nothing' }
  | { readonly did: 'refused'; readonly reason: string };

interface Collecting {
  readonly first: SnapshotMessage;
  readonly bytes: Uint8Array[];
  size: number;
}

export class Replica {
  readonly #patienceMs: number;
  readonly #database: ReplicatedDatabase;
  #collecting: Collecting | undefined;
  #head: number | undefined;
  /** The stream is of another database than this file. */
  #foreign = false;
  /** Why it does not follow. */
  #trouble = 'It waits for the primary to say how far it is.';
  #heardMs: number;
  #followedMs: number;

  /** Throws ReplicationError if the file holds another database. */
  constructor({ path, nowMs, patienceMs }: ReplicaOptions) {
    this.#patienceMs = patienceMs;
    this.#heardMs = nowMs;
    this.#followedMs = nowMs;
    this.#database = new ReplicatedDatabase(path);
    if (this.#database.position === undefined && !this.#database.isEmpty) {
      this.#database.close();
      throw new ReplicationError(`${path} holds a database that is no replica. Give an empty file.`);
    }
  }

  get position(): Position | undefined {
    return this.#database.position;
  }

  read(sql: string, ...values: Value[]): Record<string, unknown>[] {
    return this.#database.read(sql, ...values);
  }

  close(): void {
    this.#database.close();
  }

  /** Takes a message of the stream. Never throws for what is in it. */
  receive(encoded: Uint8Array, nowMs: number): Receipt {
    const decoded = decodeMessage(encoded);
    if (!decoded.ok) return { did: 'refused', reason: decoded.reason };
    const { message } = decoded;
    if (this.position !== undefined && message.log !== this.position.log) {
      this.#foreign = true;
      return { did: 'refused', reason: 'of the log of another database' };
    }
    this.#foreign = false;
    this.#heardMs = nowMs;
    let receipt: Receipt;
    try {
      receipt = { did: this.#take(message) };
    } catch (error) {
      if (!(error instanceof ReplicationError)) throw error;
      this.#trouble = `Message ${message.kind} ${message.number} was refused: ${error.message}`;
      receipt = { did: 'refused', reason: error.message };
    }
    if (this.#follows) this.#followedMs = nowMs;
    return receipt;
  }

  /** The gateway told that messages are missing. What comes next says whether they matter. */
  gap(): void {
    this.#head = undefined;
    this.#trouble = 'The stream has lost messages.';
  }

  report(nowMs: number): ReplicaReport {
    const number = this.position?.number;
    const head = this.#head;
    const say = (state: ReplicaState, words: string): ReplicaReport => ({ state, words, number, head });
    if (this.#foreign)
      return say(
        'cut off',
        'This stream is of another database. Join the right one, or start with an empty file.',
      );
    const silentMs = nowMs - this.#heardMs;
    if (silentMs > this.#patienceMs)
      return say(
        'cut off',
        `Nothing was heard for ${Math.round(silentMs / 1000)} s. Look whether the primary runs: one that was started again has another stream, which has to be joined.`,
      );
    if (this.#follows) return say('following', 'All that the primary is known to have executed is here.');
    const words =
      number !== undefined && head !== undefined && head < number
        ? `The primary has executed ${head} statements, this database ${number}: the primary has forgotten some.`
        : this.#trouble;
    if (nowMs - this.#followedMs <= this.#patienceMs)
      return say('catching up', `${words} It waits for the log or a snapshot.`);
    return say('cut off', `${words} No log and no snapshot has helped. Start again with an empty file.`);
  }

  get #follows(): boolean {
    return this.#head !== undefined && this.#head === this.position?.number && !this.#foreign;
  }

  /** Throws ReplicationError. */
  #take(message: Message): Exclude<Receipt['did'], 'refused'> {
    // Statements that the log repeats and old snapshots do not take the head back; the head itself does.
    if (message.kind === 'head') this.#head = message.number;
    else if (message.number > (this.#head ?? this.position?.number ?? -1)) this.#head = message.number;
    if (message.kind === 'snapshot') return this.#collect(message);
    // Parts come without anything between them: that snapshot has broken off, and what is held of it is let go.
    this.#collecting = undefined;
    const here = this.position?.number;
    if (here === undefined || message.number > here + (message.kind === 'head' ? 0 : 1)) {
      this.#trouble =
        here === undefined
          ? 'There is nothing here yet.'
          : `Statement ${here + 1} is missing, the primary is at ${this.#head}.`;
      return 'noted';
    }
    if (message.kind === 'head') return 'noted';
    if (message.number <= here) return 'nothing';
    this.#database.apply(message.sql, message.values);
    return 'executed';
  }

  #collect(message: SnapshotMessage): 'collected' | 'installed' | 'nothing' {
    if (this.position !== undefined && message.number <= this.position.number) return 'nothing';
    if (message.part === 0) this.#collecting = { first: message, bytes: [], size: 0 };
    const collecting = this.#collecting;
    // It joined in the middle of a snapshot, or that one was refused already.
    if (collecting === undefined) return 'nothing';
    const { first, bytes } = collecting;
    const fits =
      message.part === bytes.length &&
      message.parts === first.parts &&
      message.number === first.number &&
      message.log === first.log &&
      message.sha256 === first.sha256;
    collecting.size += message.bytes.length;
    if (!fits || collecting.size > databaseLimits.bytesMax) {
      this.#collecting = undefined;
      throw new ReplicationError(
        fits
          ? 'A snapshot is longer than a database may be.'
          : 'The parts of a snapshot do not fit together.',
      );
    }
    bytes.push(message.bytes);
    if (bytes.length < first.parts) return 'collected';
    this.#collecting = undefined;
    this.#database.install(Buffer.concat(bytes), first);
    return 'installed';
  }
}
