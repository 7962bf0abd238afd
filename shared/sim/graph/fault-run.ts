import { randomBelow, randomFloat, randomPick } from '../../src/lib/random.ts';
import { checkNetwork, type Violation } from './fault-checks.ts';
import { FaultNetwork } from './fault-network.ts';
import { HostileKind } from './hostile.ts';

const NODES_MIN = 20;
const NODES_MAX = 300;
const TROUBLE_MS = 60_000;
/** Links are given up, presence runs out, comparisons repair; a leave record has to expire before its replay is worth a try. */
const QUIET_MS = 75_000;
/** After that everybody knows that somebody has left. */
const NEWS_MS = 5_000;

export interface FaultRunOptions {
  readonly seed: number;
  /** Upper end of the sizes that are drawn. */
  readonly nodesMax: number;
  /** One more hostile node, of this kind. */
  readonly hostile?: HostileKind | undefined;
}

export interface FaultRun {
  readonly seed: number;
  readonly nodes: number;
  readonly violations: readonly Violation[];
  readonly eventsRun: number;
  /** What the run was made of, for people. */
  readonly story: string;
}

const kinds = Object.values(HostileKind);

export function runFaults({ seed, nodesMax, hostile }: FaultRunOptions): FaultRun {
  const network = new FaultNetwork(seed);
  const { random, world, clock } = network;
  const span = Math.log(Math.min(NODES_MAX, nodesMax) / NODES_MIN);
  const nodes = Math.round(NODES_MIN * Math.exp(randomFloat(random) * span));
  const supernodes = 1 + randomBelow(random, 3);
  const streams = 1 + randomBelow(random, 4);
  network.begin(nodes, supernodes, streams);

  const { messages } = world.faults;
  messages.loss = randomFloat(random) * 0.3;
  messages.duplication = randomFloat(random) * 0.1;
  messages.jitterMs = randomBelow(random, 300);
  const hostileCount = randomBelow(random, 1 + Math.floor(nodes / 20));
  for (let i = 0; i < hostileCount; i++) {
    const node = randomPick(
      random,
      network.live.filter(({ kind }) => kind === 'viewer'),
    );
    if (node !== undefined) network.corrupt(node, randomPick(random, kinds) ?? HostileKind.forger);
  }
  if (hostile !== undefined) {
    const node = network.live.find(({ kind }) => kind === 'viewer');
    if (node !== undefined) network.corrupt(node, hostile);
  }
  const troubles = 5 + randomBelow(random, 15);
  for (let i = 0; i < troubles; i++) {
    clock.call(clock.nowMs + randomFloat(random) * TROUBLE_MS, () => {
      const how = randomBelow(random, 4);
      if (how === 3) network.join();
      else network.lose((['leave', 'crash', 'restart'] as const)[how] ?? 'crash');
    });
  }
  if (randomBelow(random, 2) === 0) {
    const oneWay = randomBelow(random, 2) === 0;
    const share = 0.1 + randomFloat(random) * 0.4;
    const fromMs = clock.nowMs + randomFloat(random) * TROUBLE_MS * 0.4;
    clock.call(fromMs, () => network.cut(share, oneWay));
    clock.call(fromMs + 5_000 + randomFloat(random) * 20_000, () => {
      world.faults.cut = () => false;
    });
  }
  const story =
    `${nodes} nodes, ${supernodes} supernodes, ${streams} streams, loss ${(messages.loss * 100).toFixed(0)}%, ` +
    `hostile ${network.hostile.map(({ kind }) => kind).join(' ') || 'none'}`;
  network.run(TROUBLE_MS);
  network.heal();
  network.run(QUIET_MS);
  network.farewell();
  network.run(NEWS_MS);
  return { seed, nodes, violations: checkNetwork(network), eventsRun: clock.eventsRun, story };
}
