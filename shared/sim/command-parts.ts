/** What the commands of the simulator share: options that are numbers, `--json`, `--help`, and a line of progress. */
import { parseArgs } from 'node:util';
import { type NumberRange, readNumber } from './number-option.ts';

const EXIT = { helped: 0, refused: 2 } as const;
const PROGRESS_EVERY_MS = 500;

export type NumberOptions = Readonly<Record<string, NumberRange & { readonly otherwise: number }>>;

export interface NumbersGiven<Options extends NumberOptions> {
  readonly numbers: { readonly [name in keyof Options]: number };
  readonly json: boolean;
  readonly texts: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads a command's options; prints the usage or what is wrong, and then answers with an exit code.
 * @param texts names of further options that take any text
 */
export function numbersFrom<Options extends NumberOptions>(
  args: readonly string[],
  usage: string,
  options: Options,
  texts: readonly string[] = [],
): NumbersGiven<Options> | number {
  const refuse = (sentence: string): number => {
    console.error(`${sentence}\n\n${usage}`);
    return EXIT.refused;
  };
  let values: Record<string, string | boolean | undefined>;
  try {
    const named = Object.fromEntries(
      [...Object.keys(options), ...texts].map((name) => [name, { type: 'string' as const }]),
    );
    const flags = { json: { type: 'boolean' as const }, help: { type: 'boolean' as const, short: 'h' } };
    ({ values } = parseArgs({ args: [...args], strict: true, options: { ...named, ...flags } }));
  } catch (error) {
    const [sentence] = (error instanceof Error ? error.message : String(error)).split('. ');
    return refuse(`${sentence?.replace(/\.$/, '')}.`);
  }
  if (values.help === true) {
    console.log(usage);
    return EXIT.helped;
  }
  const numbers: Record<string, number> = {};
  for (const [name, range] of Object.entries(options)) {
    const value = readNumber(name, values[name] as string | undefined, range.otherwise, range);
    if (typeof value === 'string') return refuse(value);
    numbers[name] = value;
  }
  return {
    numbers: numbers as NumbersGiven<Options>['numbers'],
    json: values.json === true,
    texts: Object.fromEntries(texts.map((name) => [name, values[name] as string | undefined])),
  };
}

/** A line on the terminal that is written over; nothing where no person looks. */
export function progressLine(): {
  readonly option: { readonly progress?: (done: number, total: number) => void };
  readonly end: () => void;
} {
  if (!process.stderr.isTTY) return { option: {}, end: () => undefined };
  let shownAtMs = performance.now();
  const progress = (done: number, total: number): void => {
    if (performance.now() - shownAtMs < PROGRESS_EVERY_MS) return;
    shownAtMs = performance.now();
    process.stderr.write(`\r\u001b[K${done.toFixed(0)} of ${total.toFixed(0)}`);
  };
  return { option: { progress }, end: () => process.stderr.write('\r\u001b[K') };
}
