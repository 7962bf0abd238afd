/** The simulator's program: plays one scenario and says how it went. See command-line.ts for its arguments. */
import { readCommandLine, usage } from './command-line.ts';
import { json, missedTargets, table } from './report.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { type Outcome, play, type StageOptions } from './stage.ts';

const EXIT = { met: 0, missed: 1, refused: 2 } as const;
const PROGRESS_EVERY_MS = 500;

/** A line on the terminal that is written over; nothing where no person looks. */
function showProgress(): StageOptions['progress'] {
  if (!process.stderr.isTTY) return undefined;
  let shownAtMs = performance.now();
  return (elapsedSeconds, totalSeconds) => {
    if (performance.now() - shownAtMs < PROGRESS_EVERY_MS) return;
    shownAtMs = performance.now();
    process.stderr.write(`\r\u001b[K${elapsedSeconds.toFixed(0)} of ${totalSeconds.toFixed(0)} s`);
  };
}

function run(scenario: Scenario, options: StageOptions, asJson: boolean): number {
  const progress = showProgress();
  const startedAtMs = performance.now();
  let result: Outcome;
  try {
    result = play(scenario, progress ? { ...options, progress } : options);
  } catch (error) {
    console.error(error);
    const again = Object.entries(options).flatMap(([name, value]) =>
      typeof value === 'number' ? [`--${name} ${value}`] : [],
    );
    console.error(`The run broke. Again: pnpm sim ${scenario.name} ${again.join(' ')}`);
    return EXIT.missed;
  } finally {
    if (progress) process.stderr.write('\r\u001b[K');
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

const command = readCommandLine(process.argv.slice(2));
switch (command.type) {
  case 'help':
    console.log(usage());
    break;
  case 'refused':
    console.error(`${command.message}\nSee pnpm sim --help.`);
    process.exitCode = EXIT.refused;
    break;
  case 'run':
    process.exitCode = run(command.scenario, command.options, command.json);
    break;
}
