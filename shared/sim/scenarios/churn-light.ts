/**
 * Viewers come and go while the stream runs: sessions of five minutes on average, so that a crowd of 100 changes every three
 * seconds. Every second one that goes says goodbye, the others just vanish; for each, somebody new joins.
 */
import { randomFloat, randomPick } from '../../src/lib/random.ts';
import type { Simulation } from '../simulation.ts';
import { alwaysHeld, atLeast, atMost, type Scenario, type Window } from './scenario.ts';

const SESSION_MEAN_MS = 300_000;

/** For `during`: viewers go after sessions of that mean length, and as many come. */
export const churnOf = (sessionMeanMs: number) => (simulation: Simulation, window: Window) =>
  churn(simulation, window, sessionMeanMs);

function churn(simulation: Simulation, window: Window, sessionMeanMs: number): void {
  const { clock, random } = simulation;
  const crowd = simulation.viewers.length;
  let goodbyes = 0;
  const next = (): void => {
    // Departures of a crowd with exponential sessions are a Poisson process.
    const waitMs = (-Math.log(1 - randomFloat(random)) * sessionMeanMs) / crowd;
    if (clock.nowMs + waitMs >= window.untilMs) return;
    clock.call(clock.nowMs + waitMs, () => {
      const leaver = randomPick(
        random,
        simulation.viewers.filter(({ alive }) => alive),
      );
      if (leaver) simulation.removeViewer(leaver, goodbyes++ % 2 === 0 ? 'leave' : 'crash');
      simulation.addViewer();
      next();
    });
  };
  next();
}

export const churnLight: Scenario = {
  name: 'churn-light',
  summary: 'sessions of 5 min on average, half of them end in a crash; the crowd stays as large',
  nodes: 100,
  seconds: 60,
  loss: 0,
  during: churnOf(SESSION_MEAN_MS),
  // A crashed node's record lives for a minute.
  convergeWithinMs: 75_000,
  // Not settled by the design for this stage. Its figure for 10 min sessions is a redundancy of 1.10 (here sessions are half
  // as long), and "no frame lost" when a parent dies: a few unlucky skips are let through until repair has been tuned.
  targets: [...alwaysHeld, atLeast('deliveredRatio', 0.999), atMost('redundancy', 1.1)],
};
