/**
 * One setting of the supernode, described once: from this come the flag, the variable of the environment, the key of the file, the
 * checks, the help and the table in the operator's guide. A value is given as text, or as JSON in a file.
 */

/** What was given makes no sense. `message` goes on after the name of the setting: “takes …”. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

/** Headings of the help, in order. */
export const Group = {
  listening: 'Where it listens',
  network: 'Network',
  operating: 'Operating',
  connections: 'Limits: who may connect',
  sockets: 'Limits: one WebSocket',
  members: 'Limits: one identity',
  http: 'Limits: plain HTTP',
} as const;
export type Group = (typeof Group)[keyof typeof Group];

/** What every kind of option says of itself. */
export interface About<T> {
  readonly group: Group;
  /** One line for people. */
  readonly summary: string;
  readonly fallback: T;
  /** Name in the environment, where it is not MURMURATION_ and the flag's name. */
  readonly variable?: string;
}

export interface Option<T> extends About<T> {
  /** What stands behind the flag in the help, such as `<number>`; empty for a flag that stands alone. */
  readonly takes: string;
  /** May be given several times as a flag, with commas in the environment, as an array in a file. */
  readonly repeatable: boolean;
  /** Reads one given value, for a repeatable option the list of all; throws {@link ValueError}. */
  read(given: unknown): T;
}

/** From `least` to `most`, both included. */
export function wholeNumber(about: About<number> & { least: number; most: number }): Option<number> {
  const { least, most } = about;
  return {
    ...about,
    takes: '<number>',
    repeatable: false,
    read: (given) => {
      const number = typeof given === 'string' && /^\d{1,12}$/.test(given) ? Number(given) : given;
      const fits =
        typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most;
      if (fits) return number;
      throw new ValueError(`takes a whole number from ${least} to ${most}, not ${quoted(given)}.`);
    },
  };
}

/** Any text; where the fallback is none, it may be missing. */
export function text<T extends string | undefined>(about: About<T> & { takes: string }): Option<string | T> {
  return { ...about, repeatable: false, read: textOf };
}

export function oneOf<const T extends string>(about: About<T> & { choices: readonly T[] }): Option<T> {
  const { choices } = about;
  return {
    ...about,
    takes: choices.join('|'),
    repeatable: false,
    read: (given) => {
      const found = choices.find((choice) => choice === given);
      if (found !== undefined) return found;
      throw new ValueError(
        `takes ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}, not ${quoted(given)}.`,
      );
    },
  };
}

/** On if its flag is there; `true` or `false` in the environment and in a file. */
export function onOff(about: About<boolean>): Option<boolean> {
  return {
    ...about,
    takes: '',
    repeatable: false,
    read: (given) => {
      if (given === true || given === 'true') return true;
      if (given === false || given === 'false') return false;
      throw new ValueError(`takes true or false, not ${quoted(given)}.`);
    },
  };
}

/** Each once, at most `most`. `item` throws {@link ValueError}. */
export function listOf(
  about: About<readonly string[]> & { takes: string; most: number; item: (text: string) => string },
): Option<readonly string[]> {
  const { most, item } = about;
  return {
    ...about,
    repeatable: true,
    read: (given) => {
      const texts = (Array.isArray(given) ? given : String(given).split(',')).map(textOf);
      const items = [
        ...new Set(
          texts
            .map((each) => each.trim())
            .filter((each) => each !== '')
            .map(item),
        ),
      ];
      if (items.length <= most) return items;
      throw new ValueError(`takes at most ${most}, not ${items.length}.`);
    },
  };
}

function textOf(given: unknown): string {
  if (typeof given === 'string') return given;
  throw new ValueError(`takes text, not ${quoted(given)}.`);
}

/** What was given, for a message: never longer than a line. */
const quoted = (given: unknown): string =>
  `“${(typeof given === 'string' ? given : (JSON.stringify(given) ?? String(given))).slice(0, 100)}”`;
