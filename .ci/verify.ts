// Runs every check, goes on after a failure so that one run shows them all, and ends with the totals. `--help` says more.

import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { playwrightFailures, vitestFailures } from './failures.ts';

/** With what failed tests said, where their runner reports it. */
type Tally = { passed: number; failed: number; skipped: number; failures?: string[] };
type Step = { name: string; title: string; run: () => Promise<Tally> };

const steps: Step[] = [
  {
    name: 'lint',
    title: 'Format and lint (Biome)',
    run: () => check('biome', 'check', '--error-on-warnings', '.'),
  },
  { name: 'typecheck', title: 'Types (TypeScript)', run: () => check('node', '.ci/typecheck.ts') },
  { name: 'floors', title: 'Floors (dependency-cruiser)', run: () => check('node', '.ci/floors.ts') },
  { name: 'knip', title: 'Dead code (knip)', run: () => check('knip', '--no-progress') },
  { name: 'unit', title: 'Unit tests (Vitest)', run: unitTests },
  { name: 'build', title: 'Page build (Vite)', run: pageBuild },
  { name: 'weight', title: 'Page weight (size-limit)', run: () => check('size-limit') },
  { name: 'browser', title: 'Browser tests (Playwright)', run: browserTests },
];

const help = `Usage: node .ci/verify.ts [step …]      (all steps, in this order, if none is named)

${steps.map(({ name, title }) => `  ${name.padEnd(10)} ${title}`).join('\n')}

Browser tests look at the built page: run \`build\` before \`browser\`. Exits with 1 if anything failed.`;

/** Children are found through here, so the file also works when it is not started by pnpm. */
const env = {
  ...process.env,
  PATH: `${join(process.cwd(), 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
};
const reports = mkdtempSync(join(tmpdir(), 'verify-'));

function run(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env, ...options });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/** A static check counts as one, passed or failed. */
async function check(command: string, ...args: string[]): Promise<Tally> {
  return count(await run(command, args));
}

function count(code: number): Tally {
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function pageBuild(): Promise<Tally> {
  let code = 0;
  // What other sites embed goes into the folder of the page, which comes first.
  for (const config of ['vite.config.ts', 'vite.embed.config.ts']) {
    code ||= await run(
      'node',
      ['node_modules/vite/bin/vite.js', 'build', '--config', config, '--logLevel', 'warn'],
      { cwd: 'web' },
    );
  }
  return count(code);
}

async function unitTests(): Promise<Tally> {
  const report = join(reports, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run('vitest', ['run', ...reporters]);
  const files = globSync('{shared,supernode,web}/{src,sim}/**/*.test.{ts,tsx}');
  return reckon(code, files, report, (json) => ({
    passed: json.numPassedTests,
    failed: json.numFailedTests,
    skipped: json.numPendingTests + json.numTodoTests,
    failures: vitestFailures(json),
  }));
}

async function browserTests(): Promise<Tally> {
  const report = join(reports, 'playwright.json');
  const code = await run(
    'node',
    ['node_modules/playwright/cli.js', 'test', '--pass-with-no-tests', '--reporter=list,json'],
    {
      cwd: 'e2e',
      env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
    },
  );
  return reckon(code, globSync('e2e/tests/**/*.spec.ts'), report, (json) => ({
    passed: json.stats.expected + json.stats.flaky,
    failed: json.stats.unexpected,
    skipped: json.stats.skipped,
    failures: playwrightFailures(json),
  }));
}

/**
 * The counts of a test runner. What its report does not count as a failed test still fails here: a file that does not load, an
 * unhandled error, a crash before the report, or test files on disk of which no test was run.
 */
// biome-ignore lint/suspicious/noExplicitAny: two foreign JSON formats, of which a few numbers each are read.
function reckon(code: number, files: string[], report: string, read: (json: any) => Tally): Tally {
  let tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  try {
    tally = read(JSON.parse(readFileSync(report, 'utf8')));
  } catch (error) {
    if (code === 0 && files.length > 0) console.error(`No report of the tests: ${error}`);
  }
  const ran = tally.passed + tally.failed + tally.skipped > 0;
  if (files.length > 0 && !ran) console.error(`${files.length} test files, but no test was run.`);
  if (tally.failed === 0 && (code !== 0 || (files.length > 0 && !ran))) tally.failed = 1;
  return tally;
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

function describe({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  const wantsHelp = unknown.every((name) => name === '--help' || name === '-h');
  console.log(wantsHelp ? help : `Unknown step: ${unknown.join(', ')}\n\n${help}`);
  process.exit(wantsHelp ? 0 : 2);
}

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const summary: string[] = [];
const failures: string[] = [];
const startMs = performance.now();
for (const step of steps) {
  if (asked.length > 0 && !asked.includes(step.name)) continue;
  console.log(`\n== ${step.title}`);
  const stepStartMs = performance.now();
  const tally = await step.run();
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
  failures.push(...(tally.failures ?? []));
  const line = `${tally.failed > 0 ? 'FAIL' : 'ok  '} ${step.name.padEnd(10)} ${describe(tally)}, ${seconds(stepStartMs)}`;
  console.log(line);
  summary.push(line);
}
rmSync(reports, { recursive: true, force: true });

if (failures.length > 0) console.log(`\n== What failed\n${failures.join('\n')}`);
console.log(`\n${summary.join('\n')}\n\nIn ${seconds(startMs)}:`);
console.log(describe(total));
process.exitCode = total.failed > 0 ? 1 : 0;
