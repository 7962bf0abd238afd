/** Trials of a running supernode from outside. `--json`: one JSON object as the last line. Exits with 1 if a target was missed. */
import { runAbuse } from './abuse/abuse.ts';
import { runDrain } from './drain-trial.ts';

const MEGABYTES_MAX = 64;
const PROBE_P99_MS_MAX = 250;
const EXIT_MS_MAX = 25_000;

const trials: Readonly<Record<string, () => Promise<Record<string, number>>>> = { abuse, drain };

async function abuse(): Promise<Record<string, number>> {
  const { outcomes, probe, grownMegabytes, alive } = await runAbuse((line) => console.log(line));
  const wrong = outcomes.filter(({ expected, outcome }) => expected !== outcome).length;
  const { p50Ms, p99Ms, worstMs, samples, lost } = probe;
  console.log(`${outcomes.length} cases, ${wrong} not as documented; alive: ${alive}`);
  console.log(
    `probe: ${samples} answers, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, worst ${worstMs.toFixed(1)} ms, ${lost} lost`,
  );
  console.log(`memory grew by at most ${grownMegabytes.toFixed(1)} MiB`);
  const missed =
    !alive || wrong > 0 || lost > 0 || p99Ms > PROBE_P99_MS_MAX || grownMegabytes > MEGABYTES_MAX;
  if (missed) process.exitCode = 1;
  return {
    cases: outcomes.length,
    wrong,
    probeP50Ms: p50Ms,
    probeP99Ms: p99Ms,
    probeWorstMs: worstMs,
    lost,
    grownMegabytes,
  };
}

async function drain(): Promise<Record<string, number>> {
  const { clients, exitMs, exitCode, moved, arrivalsPerSecondMax, refused } = await runDrain((line) =>
    console.log(line),
  );
  console.log(
    `busiest second at the other one: ${arrivalsPerSecondMax.toFixed(0)} arrivals; ${refused} refused`,
  );
  if (exitCode !== 0 || exitMs >= EXIT_MS_MAX || moved < clients) process.exitCode = 1;
  return {
    clients,
    exitMs,
    exitCode: exitCode ?? -1,
    moved,
    left: clients - moved,
    arrivalsPerSecondMax,
    refused,
  };
}

const [name = '', ...more] = process.argv.slice(2).filter((word) => word !== '--json');
const trial = Object.hasOwn(trials, name) && more.length === 0 ? trials[name] : undefined;
if (trial === undefined) {
  console.error(`Usage: node supernode/trial/main.ts ${Object.keys(trials).join('|')} [--json]`);
  process.exit(2);
}
const figures = await trial();
if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
