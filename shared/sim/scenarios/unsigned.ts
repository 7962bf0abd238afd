/**
 * Nobody signs: frames are believed by votes (PROTOCOL.md R39), while one viewer in twenty corrupts what it forwards. It is not cut off,
 * as nothing proves who it was; its children find the frames that others vouch for, and another parent.
 */
import { alwaysHeld, atLeast, atMost, type Scenario } from './scenario.ts';

const HOSTILE_EVERY = 20;

/** Every so many-th viewer corrupts what it forwards. */
export function lyingEvery(every: number): NonNullable<Scenario['viewer']> {
  return (index, _count, simulation) =>
    index % every === every - 1
      ? { tamper: { fromMs: simulation.clock.nowMs, share: 1, payloadOnly: true } }
      : {};
}

export const unsigned: Scenario = {
  name: 'unsigned',
  summary: 'frames are not signed, three votes decide; one viewer in twenty corrupts what it forwards',
  nodes: 100,
  seconds: 60,
  loss: 0,
  host: { minVotes: 3 },
  viewer: lyingEvery(HOSTILE_EVERY),
  convergeWithinMs: 10_000,
  targets: [
    ...alwaysHeld,
    atLeast('deliveredRatio', 0.99),
    atMost('controlRatio', 0.3),
    atLeast('framesTampered', 1),
  ],
};
