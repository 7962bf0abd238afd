/** A run in words and numbers: a table for people, one line of JSON for programs. */
import type { Figures } from './figures.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { Outcome, StageOptions } from './stage.ts';

const ratioText = (value: number): string => (Number.isFinite(value) ? value.toFixed(4) : 'none');
const timesText = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)} ×` : 'none');
const msText = (value: number): string =>
  Number.isNaN(value) ? 'none' : value === Number.POSITIVE_INFINITY ? 'never' : `${value.toFixed(0)} ms`;
const countText = (value: number): string => String(value);

const rows: readonly [keyof Figures, (value: number) => string, string][] = [
  ['deliveredRatio', ratioText, 'messages delivered / expected'],
  ['forgedAccepted', countText, 'messages delivered that nobody published'],
  ['redundancy', ratioText, 'payload received / delivered'],
  ['deliveredP50Ms', msText, 'publish to delivery, median'],
  ['deliveredP99Ms', msText, 'publish to delivery, 99th percentile'],
  ['firstMessageP50Ms', msText, 'joining to first message, median'],
  ['firstMessageMaxMs', msText, 'joining to first message, slowest'],
  ['unconfirmedRatio', ratioText, 'frames delivered without votes / all'],
  ['gaps', countText, 'runs of frames given up'],
  ['convergeMs', msText, 'last change of membership to equal replicas'],
  ['depthMax', countText, 'hops from the host, deepest'],
  ['uploadMax', timesText, 'largest upload of a viewer, in streams'],
  ['hostUploadMean', timesText, 'upload of the host, in streams'],
  ['lineUseMax', ratioText, 'busiest line, sent / possible'],
  ['controlRatio', ratioText, 'bytes of the control channel / all'],
  ['ackRatio', ratioText, 'bytes of acknowledgements / all'],
  ['departed', countText, 'viewers that left or crashed'],
  ['framesTampered', countText, 'frames corrupted on the way'],
  ['peersCut', countText, 'peers cut off for what they did'],
  ['invariantsBroken', countText, 'breaches of order, once, bounds'],
];

/** One line a figure, with its target if the scenario has one. */
export function table(scenario: Scenario, options: StageOptions, outcome: Outcome): string {
  const lines = [
    `${scenario.name}: ${options.nodes} viewers, seed ${options.seed}, ` +
      `${options.seconds} s measured of ${outcome.virtualSeconds.toFixed(0)} s, ` +
      `loss ${options.loss}, upload ${options.upload} Mbit/s, ${options.slots} slots`,
  ];
  for (const [figure, text, meaning] of rows) {
    const value = outcome.figures[figure];
    const target = scenario.targets.find((candidate) => candidate.figure === figure);
    const verdict = target ? `${target.met(value) ? 'ok    ' : 'MISSED'}  ${target.text}` : '';
    lines.push(`  ${meaning.padEnd(46)}${text(value).padStart(10)}  ${verdict}`.trimEnd());
  }
  return lines.join('\n');
}

/** The targets that were missed, in words. */
export function missedTargets(scenario: Scenario, figures: Figures): string[] {
  return scenario.targets
    .filter((target) => !target.met(figures[target.figure]))
    .map((target) => `${target.text}, was ${figures[target.figure]}`);
}

/** All on one line. What never happened, or was not measured, is null: JSON has no infinity. */
export function json(
  scenario: Scenario,
  options: StageOptions,
  outcome: Outcome,
  { wallSeconds, cpuSeconds }: { wallSeconds: number; cpuSeconds: number },
): string {
  return JSON.stringify({
    scenario: scenario.name,
    nodes: options.nodes,
    seed: options.seed,
    seconds: options.seconds,
    loss: options.loss,
    upload: options.upload,
    slots: options.slots,
    ...outcome.figures,
    traceHash: outcome.traceHash,
    eventsPerSecond: Math.round(outcome.eventsRun / wallSeconds),
    wallSeconds: Number(wallSeconds.toFixed(3)),
    cpuSeconds: Number(cpuSeconds.toFixed(3)),
  });
}
