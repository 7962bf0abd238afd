/**
 * What a primary says in its stream. A message is a head in JSON and, for a part of a snapshot, a line feed and the bytes.
 *
 *     {"kind":"statement","log":"…","number":7,"sql":"insert into t values (?)","values":[1]}
 *     {"kind":"head","log":"…","number":7}
 *     {"kind":"snapshot","log":"…","number":7,"part":0,"parts":3,"sha256":"…"}⏎bytes
 *
 * `log` names the history of a database, `number` counts its statements from 1. Values that JSON has no word for are objects:
 * `{"integer":"9007199254740993"}`, `{"blob":"base64"}`.
 */

export type Value = null | number | bigint | string | Uint8Array;

interface StatementMessage {
  readonly kind: 'statement';
  readonly log: string;
  readonly number: number;
  readonly sql: string;
  readonly values: readonly Value[];
}

/** So many statements have been executed. */
interface HeadMessage {
  readonly kind: 'head';
  readonly log: string;
  readonly number: number;
}

/** A part of the database as it was after statement `number`. The parts come one after the other. */
export interface SnapshotMessage {
  readonly kind: 'snapshot';
  readonly log: string;
  readonly number: number;
  readonly part: number;
  readonly parts: number;
  /** Of the whole, hexadecimal. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

export type Message = StatementMessage | HeadMessage | SnapshotMessage;

export type Decoded =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly reason: string };

/** Bytes that a snapshot's head takes at most. */
export const HEAD_BYTES_MAX = 256;
const VALUES_MAX = 1_000;
const PARTS_MAX = 1_048_576;
const LINE_FEED = 10;

export function encodeMessage(message: Message): Uint8Array {
  if (message.kind === 'snapshot') {
    const { bytes, ...head } = message;
    return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), bytes]);
  }
  if (message.kind === 'head') return Buffer.from(JSON.stringify(message));
  return Buffer.from(JSON.stringify({ ...message, values: message.values.map(valueToJson) }));
}

/** Never throws: what comes from a stream may be anything. */
export function decodeMessage(encoded: Uint8Array): Decoded {
  const end = encoded.indexOf(LINE_FEED);
  let head: Record<string, unknown>;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      end < 0 ? encoded : encoded.subarray(0, end),
    );
    head = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { ok: false, reason: 'no message: its head is not JSON' };
  }
  const { kind, log, number } = head ?? {};
  if (typeof log !== 'string' || !/^[0-9a-f]{32}$/.test(log))
    return { ok: false, reason: 'no name of a log' };
  if (!isCount(number, kind === 'statement' ? 1 : 0))
    return { ok: false, reason: 'no number of a statement' };
  if (end >= 0 && kind !== 'snapshot') return { ok: false, reason: 'bytes after the head' };
  if (kind === 'head') return { ok: true, message: { kind, log, number } };
  if (kind === 'statement') {
    const values = valuesFromJson(head.values);
    if (typeof head.sql !== 'string' || values === undefined)
      return { ok: false, reason: 'no statement, or values that are none' };
    return { ok: true, message: { kind, log, number, sql: head.sql, values } };
  }
  if (kind !== 'snapshot') return { ok: false, reason: 'of no kind that is known' };
  const { part, parts, sha256 } = head;
  if (!isCount(parts, 1) || parts > PARTS_MAX || !isCount(part, 0) || part >= parts || end < 0)
    return { ok: false, reason: 'no part of a snapshot' };
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    return { ok: false, reason: 'a snapshot without its hash' };
  const bytes = encoded.subarray(end + 1);
  return { ok: true, message: { kind, log, number, part, parts, sha256, bytes } };
}

const isCount = (value: unknown, least: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least;

/** For `JSON.stringify`. */
export function valueToJson(value: Value): unknown {
  if (typeof value === 'bigint') return { integer: value.toString() };
  if (value instanceof Uint8Array) return { blob: Buffer.from(value).toString('base64') };
  return value;
}

/** Undefined if that is no list of values. */
export function valuesFromJson(list: unknown): Value[] | undefined {
  if (!Array.isArray(list) || list.length > VALUES_MAX) return undefined;
  const values = list.map(valueFromJson);
  return values.every((value) => value !== undefined) ? values : undefined;
}

function valueFromJson(value: unknown): Value | undefined {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'object') return undefined;
  const { integer, blob } = value as Record<string, unknown>;
  if (typeof blob === 'string') return new Uint8Array(Buffer.from(blob, 'base64'));
  if (typeof integer !== 'string' || !/^-?\d{1,19}$/.test(integer)) return undefined;
  const whole = BigInt(integer);
  return BigInt.asIntN(64, whole) === whole ? whole : undefined;
}
