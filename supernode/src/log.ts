/** Lines for the operator: as sentences, or as one JSON object each. Left out: files and rotation, which the system does better. */

/** Facts that go with a line; in text they follow in brackets. */
type Facts = Readonly<Record<string, string | number | undefined>>;

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type LogLevel = (typeof LEVELS)[number];

/** `event`: a fixed name for programs. `words`: for people. */
type Write = (event: string, words: string, facts?: Facts) => void;
export type Log = Readonly<Record<LogLevel, Write>>;

export interface LogSettings {
  /** `auto`: text if a person watches (a terminal), else JSON. */
  readonly format: 'auto' | 'text' | 'json';
  /** What is less is left out. */
  readonly level: LogLevel;
}

/** Warnings and errors in text go to `err`, everything else to `out`. */
export function createLog(
  { format, level: least }: LogSettings,
  out: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
  err: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Log {
  const asJson = format === 'json' || (format === 'auto' && !process.stdout.isTTY);
  const writer = (level: LogLevel): Write => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return () => undefined;
    if (asJson) {
      return (event, words, facts) =>
        out(JSON.stringify({ time: new Date().toISOString(), level, event, message: words, ...facts }));
    }
    const write = level === 'warn' || level === 'error' ? err : out;
    return (_event, words, facts = {}) => write(sentence(words, facts));
  };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

function sentence(words: string, facts: Facts): string {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  const list = known.map(([name, value]) => `${name} ${value}`).join(', ');
  return printable(list === '' ? words : `${words} (${list})`);
}

/** Control characters could move a terminal's cursor; only line breaks stay. */
const printable = (line: string): string => line.replace(/[^\P{Cc}\n]/gu, '?');
