/** Lines for the operator: as sentences, or as one JSON object each. Left out: files and rotation, which the system does better. */
import type { LogFormat } from './command-line.ts';

/** Facts that go with a line; in text they follow in brackets. */
type Facts = Readonly<Record<string, string | number | undefined>>;

export interface Log {
  /** `event`: a fixed name for programs. `words`: for people. */
  info(event: string, words: string, facts?: Facts): void;
  warn(event: string, words: string, facts?: Facts): void;
}

/** Info goes to `out`, warnings to `err`; in JSON everything goes to `out`. */
export function createLog(
  format: LogFormat,
  out: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
  err: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Log {
  const json =
    (level: string) =>
    (event: string, words: string, facts: Facts = {}): void =>
      out(JSON.stringify({ time: new Date().toISOString(), level, event, message: words, ...facts }));
  const text =
    (write: (line: string) => void) =>
    (_event: string, words: string, facts: Facts = {}): void => {
      const known = Object.entries(facts).filter(([, value]) => value !== undefined);
      const list = known.map(([name, value]) => `${name} ${value}`).join(', ');
      write(printable(list === '' ? words : `${words} (${list})`));
    };
  return format === 'json'
    ? { info: json('info'), warn: json('warn') }
    : { info: text(out), warn: text(err) };
}

/** Control characters could move a terminal's cursor; only line breaks stay. */
const printable = (line: string): string => line.replace(/[^\P{Cc}\n]/gu, '?');
