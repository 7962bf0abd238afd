/** Every fiftieth frame packet is lost for good: votes tell what is missing, and it is pulled from a neighbour. */
import { alwaysHeld, atLeast, atMost, type Scenario } from './scenario.ts';

export const lossy: Scenario = {
  name: 'lossy',
  summary: '2% of the frames are lost on every link',
  nodes: 100,
  seconds: 60,
  loss: 0.02,
  // Three children of 2.5 Mbit/s fill an uplink of 10 Mbit/s to 94% with headers and votes: no room for repair.
  slots: 2,
  convergeWithinMs: 10_000,
  // Not settled by the design. A pull may be lost as well, so a frame is late more often than never; what is pulled twice
  // costs a little.
  targets: [...alwaysHeld, atLeast('deliveredRatio', 0.999), atMost('redundancy', 1.1)],
};
