/**
 * One viewer in ten corrupts frames that it forwards. Half of them do so from the start, always; the others behave until
 * some moment of the measured window and then spoil every second frame, so that trusted parents turn, too. They are the first of
 * every ten to join, the very first among them: those that come early have children.
 */
import { randomFloat } from '../../src/lib/random.ts';
import { alwaysHeld, atLeast, type Scenario } from './scenario.ts';

const HOSTILE_EVERY = 10;

export const tamper: Scenario = {
  name: 'tamper',
  summary: 'one viewer in ten corrupts the frames that it forwards',
  nodes: 100,
  seconds: 60,
  loss: 0,
  viewer: (index, _count, simulation, window) => {
    if (index % HOSTILE_EVERY !== 0) return {};
    const fromTheStart = index % (HOSTILE_EVERY * 2) !== 0;
    const turnsAtMs = window.fromMs + randomFloat(simulation.random) * (window.untilMs - window.fromMs) * 0.8;
    return {
      tamper: fromTheStart ? { fromMs: simulation.clock.nowMs, share: 1 } : { fromMs: turnsAtMs, share: 0.5 },
    };
  },
  convergeWithinMs: 10_000,
  // Honest viewers; the design's figure for silent relays is the same 99.9%. The run means something only if frames were
  // corrupted and somebody noticed.
  targets: [
    ...alwaysHeld,
    atLeast('deliveredRatio', 0.999),
    atLeast('framesTampered', 1),
    atLeast('peersCut', 1),
  ],
};
