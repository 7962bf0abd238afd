/**
 * A database of SQLite that knows how far in its log it is. A statement, its number and its place in the log are one transaction: after a
 * crash either all of it is there or nothing, so that each statement counts once. Primary and replica are the same here.
 */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { constants, DatabaseSync } from 'node:sqlite';
import { type Value, valuesFromJson, valueToJson } from './message.ts';
import { allowsReading, OWN_TABLES, reasonAgainstSchema, StatementRules } from './statement-rules.ts';

export const databaseLimits = {
  /** A snapshot is held in memory; statements that would make the database larger fail. */
  bytesMax: 64 * 1024 * 1024,
  /** The log keeps the last. */
  logStatementsMax: 256,
} as const;

export interface Position {
  /** The history that this database follows. */
  readonly log: string;
  /** Statements of it that are in the database. */
  readonly number: number;
}

export interface LoggedStatement {
  readonly number: number;
  readonly sql: string;
  readonly values: readonly Value[];
}

/** A statement or a database that cannot be replicated. `message` says why. Nothing was changed. */
export class ReplicationError extends Error {
  override readonly name = 'ReplicationError';
}

/** Waits so long, in ms, for whoever reads the file. */
const LOCKED_MS = 1_000;

type Judge = (action: number, first: string | null, second: string | null) => boolean;

const anything: Judge = () => true;

export class ReplicatedDatabase {
  readonly #path: string;
  #database: DatabaseSync;
  #judge: Judge = anything;
  #position: Position | undefined;

  /** Makes the file if there is none. Throws ReplicationError if what it holds cannot be replicated, or the errors of SQLite. */
  constructor(path: string) {
    this.#path = path;
    this.#database = this.#open();
  }

  /** Undefined: it follows nothing yet. */
  get position(): Position | undefined {
    return this.#position;
  }

  get isEmpty(): boolean {
    return this.#database.prepare('select 1 from sqlite_schema').get() === undefined;
  }

  /** Starts a history of its own with what is there. */
  startLog(): Position {
    this.#database.exec(`
      begin immediate;
      create table ${OWN_TABLES}position (one integer primary key check (one = 1), log text not null, number integer not null);
      create table ${OWN_TABLES}log (number integer primary key, sql text not null, value_list text not null);
      insert into ${OWN_TABLES}position values (1, '${randomBytes(16).toString('hex')}', 0);
      commit`);
    this.#position = positionOf(this.#database);
    if (this.#position === undefined) throw new ReplicationError('The log could not be started.');
    return this.#position;
  }

  /** Executes the next statement. @returns its number. Throws ReplicationError. */
  apply(sql: string, values: readonly Value[]): number {
    if (this.#position === undefined) throw new ReplicationError('This database follows no log yet.');
    const { log, number: before } = this.#position;
    const number = before + 1;
    const rules = new StatementRules(sql);
    const database = this.#database;
    try {
      database.exec('begin immediate');
      this.#run(sql, values, rules);
      const text = JSON.stringify(values.map(valueToJson));
      database.prepare(`update ${OWN_TABLES}position set number = ?`).run(number);
      database.prepare(`insert into ${OWN_TABLES}log values (?, ?, ?)`).run(number, sql, text);
      database
        .prepare(`delete from ${OWN_TABLES}log where number <= ?`)
        .run(number - databaseLimits.logStatementsMax);
      database.exec('commit');
    } catch (cause) {
      if (database.isTransaction) database.exec('rollback');
      throw new ReplicationError(rules.reason ?? (cause as Error).message, { cause });
    }
    this.#position = { log, number };
    return number;
  }

  /** The last statements, oldest first. */
  lastStatements(count: number): LoggedStatement[] {
    if (this.#position === undefined) return [];
    const rows = this.#database
      .prepare(`select * from ${OWN_TABLES}log where number > ? order by number`)
      .all(this.#position.number - count);
    return rows.map(({ number, sql, value_list }) => ({
      number: Number(number),
      sql: String(sql),
      values: valuesFromJson(JSON.parse(String(value_list))) ?? [],
    }));
  }

  /** Answers a query; it cannot change anything. Throws ReplicationError. */
  read(sql: string, ...values: Value[]): Record<string, unknown>[] {
    this.#judge = allowsReading;
    try {
      return this.#database.prepare(sql).all(...values);
    } catch (cause) {
      throw new ReplicationError((cause as Error).message, { cause });
    } finally {
      this.#judge = anything;
    }
  }

  /** The database as it is, byte for byte: row numbers stay, on which statements may depend. */
  snapshot(): Uint8Array {
    return this.#database.serialize();
  }

  /** Becomes that snapshot. The file is replaced as a whole or not at all. Throws ReplicationError. */
  install(snapshot: Uint8Array, expected: Position & { readonly sha256: string }): void {
    if (createHash('sha256').update(snapshot).digest('hex') !== expected.sha256)
      throw new ReplicationError('The snapshot is not what its hash says.');
    const beside = `${this.#path}.snapshot`;
    try {
      writeDurably(beside, snapshot);
      checkSnapshot(beside, expected);
      this.#database.close();
      try {
        renameSync(beside, this.#path);
      } finally {
        this.#database = this.#open();
      }
    } finally {
      rmSync(beside, { force: true });
    }
  }

  close(): void {
    this.#database.close();
  }

  #open(): DatabaseSync {
    const database = new DatabaseSync(this.#path, { timeout: LOCKED_MS });
    try {
      database.exec('pragma journal_mode = delete; pragma trusted_schema = off');
      database.enableDefensive(true);
      const { page_size: pageBytes } = database.prepare('pragma page_size').get() ?? {};
      const { page_count: pages } = database.prepare('pragma page_count').get() ?? {};
      const pagesMax = Math.floor(databaseLimits.bytesMax / Number(pageBytes));
      if (Number(pages) > pagesMax)
        throw new ReplicationError(`${this.#path} is larger than ${databaseLimits.bytesMax} bytes.`);
      database.exec(`pragma max_page_count = ${pagesMax}`);
      const reason = reasonAgainstSchema(database);
      if (reason !== undefined) throw new ReplicationError(reason);
      this.#position = positionOf(database);
    } catch (error) {
      database.close();
      throw error;
    }
    database.setAuthorizer((action, first, second) =>
      this.#judge(action, first, second) ? constants.SQLITE_OK : constants.SQLITE_DENY,
    );
    return database;
  }

  #run(sql: string, values: readonly Value[], rules: StatementRules): void {
    this.#judge = (...asked) => rules.allows(...asked);
    try {
      const statement = this.#database.prepare(sql);
      const rest = sql.slice(statement.sourceSQL.length);
      if (rest.trim() !== '') throw new ReplicationError('One statement at a time: there is more behind it.');
      if (!rules.changesRows && !rules.changesSchema)
        throw new ReplicationError('This changes nothing: ask for it with read.');
      statement.run(...values);
    } finally {
      this.#judge = anything;
    }
    const reason = rules.changesSchema ? reasonAgainstSchema(this.#database) : undefined;
    if (reason !== undefined) throw new ReplicationError(reason);
  }
}

function positionOf(database: DatabaseSync): Position | undefined {
  const table = `${OWN_TABLES}position`;
  const known = database.prepare("select 1 from sqlite_schema where type = 'table' and name = ?").get(table);
  if (known === undefined) return undefined;
  const { log, number } = database.prepare(`select log, number from ${table}`).get() ?? {};
  if (typeof log !== 'string' || !Number.isSafeInteger(number))
    throw new ReplicationError('The database has lost its place in the log. Start with an empty file.');
  return { log, number: Number(number) };
}

/** Throws ReplicationError. */
function checkSnapshot(path: string, { log, number }: Position): void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    database.exec('pragma trusted_schema = off');
    database.enableDefensive(true);
    const { quick_check: verdict } = database.prepare('pragma quick_check(1)').get() ?? {};
    if (verdict !== 'ok') throw new ReplicationError(`The snapshot is damaged: ${verdict}`);
    const reason = reasonAgainstSchema(database);
    if (reason !== undefined) throw new ReplicationError(reason);
    const position = positionOf(database);
    if (position?.log !== log || position.number !== number)
      throw new ReplicationError('The snapshot is not of the place in the log that it names.');
  } catch (cause) {
    if (cause instanceof ReplicationError) throw cause;
    throw new ReplicationError(`The snapshot is no database: ${(cause as Error).message}`, { cause });
  } finally {
    database?.close();
  }
}

function writeDurably(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
