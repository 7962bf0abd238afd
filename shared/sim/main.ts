/** The simulator's program: plays one scenario and says how it went. See command-line.ts for its arguments. */
import { readCommandLine, usage } from './command-line.ts';
import { progressLine } from './command-parts.ts';
import { runForest } from './forest/forest-command.ts';
import { runStrategies } from './forest/strategies-command.ts';
import { runFaults } from './graph/faults-command.ts';
import { runGraph } from './graph/graph-command.ts';
import { runOrders } from './graph/orders-command.ts';
import { json, missedTargets, table } from './report.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { type Outcome, play, type StageOptions } from './stage.ts';

const EXIT = { met: 0, missed: 1, refused: 2 } as const;

function run(scenario: Scenario, options: StageOptions, asJson: boolean): number {
  const progress = progressLine();
  const startedAtMs = performance.now();
  let result: Outcome;
  try {
    result = play(scenario, { ...options, ...progress.option });
  } catch (error) {
    console.error(error);
    const again = Object.entries(options).flatMap(([name, value]) =>
      typeof value === 'number' ? [`--${name} ${value}`] : [],
    );
    console.error(`The run broke. Again: pnpm sim ${scenario.name} ${again.join(' ')}`);
    return EXIT.missed;
  } finally {
    progress.end();
  }
  const wallSeconds = (performance.now() - startedAtMs) / 1_000;
  const cpuSeconds = process.cpuUsage().user / 1_000_000;
  console.log(table(scenario, options, result));
  console.log(
    `  ${result.eventsRun} events in ${wallSeconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor), ` +
      `${Math.round(result.eventsRun / wallSeconds)} a second; trace ${result.traceHash}`,
  );
  const missed = missedTargets(scenario, result.figures);
  for (const breach of result.breaches) console.error(`broken: ${breach}`);
  for (const target of missed) console.error(`missed: ${target}`);
  if (asJson) console.log(json(scenario, options, result, { wallSeconds, cpuSeconds }));
  return missed.length === 0 ? EXIT.met : EXIT.missed;
}

type Command = (args: readonly string[]) => number | Promise<number>;

/** Commands with options of their own. */
const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['forest', runForest],
  ['strategies', runStrategies],
  ['graph', runGraph],
  ['graph-faults', runFaults],
  ['graph-orders', runOrders],
]);

function runScenario(args: readonly string[]): number {
  const command = readCommandLine(args);
  switch (command.type) {
    case 'help':
      console.log(usage());
      return EXIT.met;
    case 'refused':
      console.error(`${command.message}\nSee pnpm sim --help.`);
      return EXIT.refused;
    case 'run':
      return run(command.scenario, command.options, command.json);
  }
}

const [name, ...rest] = process.argv.slice(2);
const own = commands.get(name ?? '');
process.exitCode = own ? await own(rest) : runScenario(process.argv.slice(2));
