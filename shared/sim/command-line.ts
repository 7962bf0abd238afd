/** Reads the simulator's command line. Whatever is not understood is refused with a sentence that says why. */
import { parseArgs } from 'node:util';

import { readNumber } from './number-option.ts';
import { scenarios } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { StageOptions } from './stage.ts';

export type Command =
  | { readonly type: 'help' }
  | { readonly type: 'refused'; readonly message: string }
  | {
      readonly type: 'run';
      readonly scenario: Scenario;
      readonly options: StageOptions;
      readonly json: boolean;
    };

/** Lines of host and viewers in Mbit/s, unless the command line says otherwise (design: 10). */
const UPLOAD_MBIT = 10;
const SLOTS_USUAL = 3;
const NODES_MAX = 20_000;
const SECONDS_MAX = 86_400;
/** Seeds above this share their sequences with other purposes of smaller ones (simulation.ts). */
const SEED_MAX = 2 ** 24 - 1;

export function usage(): string {
  const names = [...scenarios.values()].map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`);
  return `Runs a swarm of real nodes in virtual time and measures it.

usage: pnpm sim <scenario> [options]
       pnpm sim graph | graph-faults | graph-orders [--help]     the net graph alone
       pnpm sim forest | strategies [--help]                     the relay alone, up to 10,000 viewers; and beside others

scenarios
${names.join('\n')}

options
  --nodes <n>      viewers; the host and the supernode come on top   (default 100)
  --seed <s>       any whole number from 0; same seed, same run      (default 1)
  --seconds <t>    length of the measured window                     (default 60)
  --loss <share>   share of frame packets lost, 0 to 0.9             (default: the scenario's)
  --upload <m>     what every host and viewer can send, in Mbit/s    (default 10)
  --slots <c>      children that each of them feeds at most          (default 3; lossy 2)
  --json           end with one line of JSON
  --help           this text

Exits with 0 if the scenario's targets are met, 1 if one is missed, 2 if the command line is wrong.`;
}

export function readCommandLine(args: readonly string[]): Command {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    // Node adds advice that does not apply here: the first sentence says what is wrong.
    const [sentence] = (error instanceof Error ? error.message : String(error)).split('. ');
    return { type: 'refused', message: `${sentence?.replace(/\.$/, '')}.` };
  }
  const { values, positionals } = parsed;
  if (values.help) return { type: 'help' };
  const [name, ...rest] = positionals;
  const scenario = name === undefined ? undefined : scenarios.get(name);
  if (scenario === undefined || rest.length > 0) {
    const known = `one of ${[...scenarios.keys()].join(', ')}`;
    const given = name === undefined ? 'No scenario given' : `No such scenario: ${positionals.join(' ')}`;
    return { type: 'refused', message: `${given}; it must be ${known}.` };
  }
  const numbers = {
    nodes: readNumber('nodes', values.nodes, scenario.nodes, { least: 1, most: NODES_MAX, whole: true }),
    seed: readNumber('seed', values.seed, 1, { least: 0, most: SEED_MAX, whole: true }),
    seconds: readNumber('seconds', values.seconds, scenario.seconds, {
      least: 1,
      most: SECONDS_MAX,
      whole: false,
    }),
    loss: readNumber('loss', values.loss, scenario.loss, { least: 0, most: 0.9, whole: false }),
    upload: readNumber('upload', values.upload, UPLOAD_MBIT, { least: 0.1, most: 10_000, whole: false }),
    slots: readNumber('slots', values.slots, scenario.slots ?? SLOTS_USUAL, {
      least: 1,
      most: 64,
      whole: true,
    }),
  };
  for (const value of Object.values(numbers)) {
    if (typeof value === 'string') return { type: 'refused', message: value };
  }
  return { type: 'run', scenario, options: numbers as StageOptions, json: values.json ?? false };
}

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: true,
    options: {
      nodes: { type: 'string' },
      seed: { type: 'string' },
      seconds: { type: 'string' },
      loss: { type: 'string' },
      upload: { type: 'string' },
      slots: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
