/**
 * Plays a scenario: a supernode and a host start, the viewers join within five seconds, five more are left to settle, then
 * the window opens in which everything is measured. Afterwards the stream runs on for a while, so that what was on its way
 * arrives, and until the replicas agree.
 */
import { randomFloat } from '../src/lib/random.ts';
import { type Figures, MeasuredWindow } from './figures.ts';
import { defaultStreamShape } from './message-source.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { Simulation } from './simulation.ts';
import { START_UNIX_MS } from './virtual-clock.ts';

export interface StageOptions {
  /** Viewers; host and supernode come on top. */
  readonly nodes: number;
  readonly seed: number;
  /** Length of the measured window. */
  readonly seconds: number;
  /** Share of `frames` packets lost. */
  readonly loss: number;
  /** What the host's and every viewer's line sends at most, in Mbit/s. */
  readonly upload: number;
  /** Children that the host and every viewer feed at most. */
  readonly slots: number;
  /** Told now and then how far the run is. */
  readonly progress?: (elapsedSeconds: number, totalSeconds: number) => void;
}

export interface Outcome {
  readonly figures: Figures;
  readonly traceHash: string;
  readonly eventsRun: number;
  /** Virtual time that was played. */
  readonly virtualSeconds: number;
  /** What broke, in words. */
  readonly breaches: readonly string[];
}

/** The host goes live before anyone comes. */
const DOORS_OPEN_MS = 2_000;
const JOINING_MS = 5_000;
const SETTLING_MS = 5_000;
/** What was published last may take so long. */
const DRAINING_MS = 3_000;
const CONVERGENCE_CHECK_MS = 100;
const PEER_CHECK_MS = 1_000;

export function play(scenario: Scenario, options: StageOptions): Outcome {
  const simulation = new Simulation({
    seed: options.seed,
    stream: defaultStreamShape,
    network: { ...scenario.network, framesLoss: options.loss },
    peerBandwidth: { uploadBitsPerSecond: options.upload * 1_000_000, downloadBitsPerSecond: undefined },
    supernodeBandwidth: { uploadBitsPerSecond: 1_000_000_000, downloadBitsPerSecond: undefined },
    slots: options.slots,
    clockOffsetMaxMs: 2_000,
  });
  const { clock } = simulation;
  const windowFromMs = START_UNIX_MS + DOORS_OPEN_MS + JOINING_MS + SETTLING_MS;
  const window = { fromMs: windowFromMs, untilMs: windowFromMs + options.seconds * 1_000 };
  const endMs = window.untilMs + DRAINING_MS;
  let depthMax = 0;

  /** Runs in steps: bounds are checked each second, convergence ten times a second while it is awaited. */
  const runUntil = (untilMs: number): void => {
    while (clock.nowMs < untilMs) {
      clock.runUntil(Math.min(untilMs, clock.nowMs + CONVERGENCE_CHECK_MS));
      if (clock.nowMs < window.fromMs - SETTLING_MS) continue;
      simulation.convergence.check(clock.nowMs);
      if (Math.round(clock.elapsedMs) % PEER_CHECK_MS !== 0) continue;
      const depth = simulation.checkPeers();
      if (clock.nowMs >= window.fromMs) depthMax = Math.max(depthMax, depth);
      options.progress?.(clock.elapsedMs / 1_000, (endMs - START_UNIX_MS) / 1_000);
    }
  };

  simulation.addSupernode();
  simulation.addHost(scenario.host);
  const opensAtMs = START_UNIX_MS + DOORS_OPEN_MS;
  const arrivals = Array.from({ length: options.nodes }, () => randomFloat(simulation.random) * JOINING_MS);
  arrivals.sort((a, b) => a - b);
  for (const [index, afterMs] of arrivals.entries()) {
    clock.call(opensAtMs + afterMs, () => {
      simulation.addViewer(scenario.viewer?.(index, options.nodes, simulation, window) ?? {});
    });
  }

  runUntil(window.fromMs);
  const measured = new MeasuredWindow(simulation);
  scenario.during?.(simulation, window);
  runUntil(window.untilMs);
  measured.close();
  runUntil(endMs);
  const quietUntilMs = window.untilMs + scenario.convergeWithinMs;
  while (clock.nowMs < quietUntilMs && !simulation.convergence.check(clock.nowMs)) {
    runUntil(clock.nowMs + CONVERGENCE_CHECK_MS);
  }
  return {
    figures: measured.figures(depthMax),
    traceHash: simulation.trace.hash,
    eventsRun: clock.eventsRun,
    virtualSeconds: clock.elapsedMs / 1_000,
    breaches: simulation.invariants.details,
  };
}
