/**
 * Which statements are replayed: those that do the same on every database that is the same before. SQLite asks this while it compiles
 * a statement, the triggers that it fires included. What is not listed is refused: clocks, chance, counters of the connection, settings,
 * other files, and recursion, which need not end.
 */
import { constants, type DatabaseSync } from 'node:sqlite';

/** The tables of replication itself: statements neither read nor change them. */
export const OWN_TABLES = 'replication_';

const FUNCTIONS = new Set(
  (
    'abs avg char coalesce count glob hex ifnull iif instr length like likely lower ltrim max min nullif quote replace ' +
    'round rtrim sign substr substring sum total trim typeof unhex unicode unlikely upper'
  ).split(' '),
);
/** What SQLite itself calls to alter a table. Nobody else can call those of its own. */
const ALTERING = /^(printf|sqlite_.*)$/;

const { SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE } = constants;
const ROWS = new Set([constants.SQLITE_INSERT, constants.SQLITE_UPDATE, constants.SQLITE_DELETE]);
const SCHEMA = new Set([
  constants.SQLITE_CREATE_TABLE,
  constants.SQLITE_CREATE_INDEX,
  constants.SQLITE_CREATE_TRIGGER,
  constants.SQLITE_CREATE_VIEW,
  constants.SQLITE_DROP_TABLE,
  constants.SQLITE_DROP_INDEX,
  constants.SQLITE_DROP_TRIGGER,
  constants.SQLITE_DROP_VIEW,
  constants.SQLITE_ALTER_TABLE,
  constants.SQLITE_REINDEX,
]);

/** Judges one statement. */
export class StatementRules {
  readonly #altersTable: boolean;
  /** Why it was refused, first. */
  reason: string | undefined;
  changesRows = false;
  changesSchema = false;

  constructor(sql: string) {
    this.#altersTable = /^\s*alter\s/i.test(sql);
  }

  /** What SQLite asks: an action and its two words. */
  allows(action: number, first: string | null, second: string | null): boolean {
    const reason = this.#reasonAgainst(action, first, second);
    this.reason ??= reason;
    if (ROWS.has(action)) this.changesRows = true;
    if (SCHEMA.has(action)) this.changesSchema = true;
    return reason === undefined;
  }

  #reasonAgainst(action: number, first: string | null, second: string | null): string | undefined {
    if (action === SQLITE_FUNCTION) {
      if (FUNCTIONS.has(second ?? '') || (this.#altersTable && ALTERING.test(second ?? ''))) return undefined;
      return `${second} is not sure to be the same everywhere. Compute it first and give the result as a value.`;
    }
    if (action === SQLITE_RECURSIVE) return 'A recursive query is not replayed.';
    if (action !== SQLITE_SELECT && action !== SQLITE_READ && !ROWS.has(action) && !SCHEMA.has(action))
      return 'Only changes of rows, tables, indices, views and triggers are replayed: no transactions, settings, temporary tables or other files.';
    if ([first, second].some((name) => name?.toLowerCase().startsWith(OWN_TABLES)))
      return `What is called ${OWN_TABLES}… belongs to replication.`;
    return undefined;
  }
}

/** Queries may do anything but change something. */
export const allowsReading = (action: number): boolean =>
  [SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE].includes(action);

const LITERAL = /^(null|true|false|[+-]?[\d.]+(e[+-]?\d+)?|x?'([^']|'')*')$/i;

/** What SQLite does not ask about: what is in the schema. Undefined if all of it can be replayed. */
export function reasonAgainstSchema(database: DatabaseSync): string | undefined {
  const virtual = database
    .prepare("select name from sqlite_schema where type = 'table' and rootpage = 0")
    .get();
  if (virtual !== undefined) return `${virtual.name} is a virtual table, which is not replayed.`;
  const defaults = database.prepare(
    "select t.name, c.dflt_value as value from sqlite_schema t, pragma_table_xinfo(t.name) c where t.type = 'table' and value not null",
  );
  for (const { name, value } of defaults.iterate())
    if (!LITERAL.test(String(value)))
      return `The table ${name} has a default that is computed (${value}): give the result as a value with each row.`;
  return undefined;
}
