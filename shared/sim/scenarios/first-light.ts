/** One host, one supernode, a crowd that joins within seconds and stays: nothing goes wrong, and nothing may be missing. */
import { alwaysHeld, atMost, exactly, type Scenario } from './scenario.ts';

export const firstLight: Scenario = {
  name: 'first-light',
  summary: 'everyone joins within 5 s and stays; no loss',
  nodes: 100,
  seconds: 60,
  loss: 0,
  convergeWithinMs: 10_000,
  targets: [...alwaysHeld, exactly('deliveredRatio', 1), atMost('redundancy', 1.05)],
};
