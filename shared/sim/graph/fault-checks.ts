/** What must hold of a network after any mix of faults, once it has been quiet for a while. */
import { componentsOf } from '../../src/graph/components.ts';
import { defaultGraphSettings, graphCaps, graphTimings } from '../../src/graph/graph-contract.ts';
import type { PeerId } from '../../src/lib/ids.ts';
import { GraphLevel } from '../../src/wire/graph-messages.ts';
import { limits } from '../../src/wire/limits.ts';
import { Role } from '../../src/wire/link-messages.ts';
import { RecordStatus } from '../../src/wire/membership-record.ts';
import type { FaultNetwork } from './fault-network.ts';
import { HostileKind } from './hostile.ts';
import type { WorldNode } from './world-node.ts';

export interface Violation {
  readonly rule: string;
  readonly details: string;
}

/** Of one rule, so many are told. */
const TOLD_MAX = 3;
/** A crashed node may be listed as long as links are given up, lists collected and the grace lasts. */
const GONE_WITHIN_MS = 50_000;
/** Some rounds of comparisons: news that are not urgent fall away where a node's budget is spent. */
const AGREED_WITHIN_MS = 30_000;
/**
 * What a node may spend on the graph, in budgets: answers that it owes come on top of what it may say unasked. Each flooder can have its
 * ration of answers besides.
 */
const BUDGETS_MAX = 3;

class Findings {
  readonly #byRule = new Map<string, Violation[]>();

  broken(rule: string, details: string): void {
    const found = this.#byRule.get(rule) ?? [];
    if (found.length < TOLD_MAX) found.push({ rule, details });
    this.#byRule.set(rule, found);
  }

  get all(): Violation[] {
    return [...this.#byRule.values()].flat();
  }
}

export function checkNetwork(network: FaultNetwork): Violation[] {
  const findings = new Findings();
  if (network.stormy) {
    findings.broken(
      'traffic is bounded',
      `${network.clock.eventsRun} events in ${network.world.nodes.length} nodes`,
    );
    return findings.all;
  }
  const settled = network.live.filter(({ joinedAtMs }) => network.clock.nowMs - joinedAtMs > 20_000);
  for (const node of settled) {
    checkAgreement(network, node, settled, findings);
    checkGone(network, node, findings);
    checkCaps(network, node, findings);
    checkNews(network, node, findings);
  }
  checkConnected(network, settled, findings);
  for (const cut of network.cutHonest) findings.broken('nobody honest is cut off', cut);
  return findings.all;
}

/** Every replica holds the newest word of every live node that it is meant to hold, and lists it as present. */
function checkAgreement(
  network: FaultNetwork,
  node: WorldNode,
  settled: readonly WorldNode[],
  findings: Findings,
): void {
  const { graph } = node.machine;
  const now = network.clock.nowMs + node.offsetMs;
  graph.holdings.look(now);
  for (const other of settled) {
    const own = other.machine.graph.replica.get(other.peer);
    if (own === undefined || other === node || !graph.holdings.meantToHold(own.record)) continue;
    const held = graph.replica.get(other.peer);
    const who = `${node.index} of ${other.index}`;
    if (held === undefined) {
      findings.broken('replicas agree', `${who}: nothing held (level ${graph.level})`);
      continue;
    }
    // What was said in the last moments may be on its way, or wait for a comparison.
    const settledMs = network.clock.nowMs + other.offsetMs - own.receivedAt;
    if (settledMs < AGREED_WITHIN_MS) continue;
    const { version } = own.record;
    if (held.record.version.epoch !== version.epoch || held.record.version.seq !== version.seq) {
      findings.broken('replicas agree', `${who}: version ${held.record.version.seq}, not ${version.seq}`);
    }
    if (graph.level >= GraphLevel.streamLinks && held.links?.version.seq !== own.links?.version.seq) {
      findings.broken(
        'replicas agree',
        `${who}: links ${held.links?.version.seq}, not ${own.links?.version.seq}`,
      );
    }
    if (!graph.holdings.isPresent(held, now))
      findings.broken('the living are listed', `${who} (level ${graph.level})`);
  }
}

/** Who left or crashed is not listed by those who keep link lists, whatever is replayed. */
function checkGone(network: FaultNetwork, node: WorldNode, findings: Findings): void {
  const { graph } = node.machine;
  const now = network.clock.nowMs + node.offsetMs;
  const back = new Set(network.live.map(({ peer }) => peer));
  for (const gone of [...network.left, ...network.crashed]) {
    if (back.has(gone.peer) || network.clock.nowMs - (gone.goneAtMs ?? 0) < GONE_WITHIN_MS) continue;
    const held = graph.replica.get(gone.peer);
    if (held === undefined || held.record.status !== RecordStatus.present) continue;
    const knowable =
      graph.level === GraphLevel.whole ||
      (graph.level === GraphLevel.streamLinks && gone.stream === node.stream);
    if (knowable && graph.holdings.isPresent(held, now))
      findings.broken('the gone are not listed', `${node.index} lists ${gone.index}`);
  }
}

/** Whoever held the node that left last knows that it left. */
function checkNews({ lastLeft }: FaultNetwork, node: WorldNode, findings: Findings): void {
  if (lastLeft === undefined) return;
  const held = node.machine.graph.replica.get(lastLeft.peer);
  if (held === undefined || !node.machine.graph.holdings.meantToHold(held.record)) return;
  if (held.record.status === RecordStatus.present)
    findings.broken('news travel', `${node.index} has not heard that ${lastLeft.index} left`);
}

function checkCaps(network: FaultNetwork, node: WorldNode, findings: Findings): void {
  const { machine } = node;
  const { graph } = machine;
  const livedS = (network.clock.nowMs - node.joinedAtMs) / 1_000;
  if (graph.replica.size > defaultGraphSettings.recordsMax)
    findings.broken('caps', `${node.index} holds ${graph.replica.size}`);
  if (machine.links.size > limits.linksMax)
    findings.broken('caps', `${node.index} has ${machine.links.size} links`);
  const spent = node.traffic.graphBytesOut / livedS;
  const flooders = network.hostile.filter(({ kind }) => kind === HostileKind.flooder).length;
  const toFlooders = flooders * (graphCaps.servedBytesBurst / livedS + graphCaps.servedBytesPerSecond);
  if (spent > defaultGraphSettings.bytesPerSecond * BUDGETS_MAX + toFlooders)
    findings.broken('the byte budget', `${node.index}: ${spent.toFixed(0)} B/s`);
  for (const { node: sybil, kind } of network.hostile) {
    if (kind !== HostileKind.sybil) continue;
    let introduced = 0;
    for (const { via, record } of graph.replica.nodes())
      if (via === sybil.peer && !network.exists(record.id)) introduced++;
    const most = graphCaps.introducedBurst + graphCaps.introducedPerSecond * livedS + 1;
    if (introduced > most)
      findings.broken('ids are rationed', `${node.index} holds ${introduced} of ${sybil.index}`);
  }
  for (const held of graph.replica.nodes()) {
    if (held.expiresAt < network.clock.nowMs + node.offsetMs - 5_000)
      findings.broken('records expire', `${node.index}`);
    if (held.record.ttlSeconds > held.record.ttlMaxSeconds)
      findings.broken('records expire', `${node.index}: a life over its limit`);
    const namedForMs = network.clock.nowMs + node.offsetMs - held.reachableAt;
    if (!held.proven && namedForMs > graphTimings.unprovenMs + 5_000)
      findings.broken('names are dropped', `${node.index}`);
  }
}

/** All honest members hang together over links between them. */
function checkConnected(network: FaultNetwork, settled: readonly WorldNode[], findings: Findings): void {
  const ids = settled.map(({ peer }) => peer);
  const known = new Set(ids);
  const links: [PeerId, PeerId][] = [];
  for (const node of settled) {
    for (const link of node.machine.links.open()) {
      if (link.role !== Role.supernode && link.peer !== undefined && known.has(link.peer))
        links.push([node.peer, link.peer]);
    }
  }
  const parts = new Set(componentsOf(ids, links).values()).size;
  if (parts > 1) findings.broken('the network is one', `${parts} parts of ${network.live.length} nodes`);
}
