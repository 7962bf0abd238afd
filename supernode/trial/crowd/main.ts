/**
 * Shows a supernode on loopback a network that is not there, until it is ended: `node supernode/trial/crowd/main.ts --port 8080`. Writes one
 * line of JSON when everything has been said. For looking at the monitor, and for its tests.
 */
import { parseArgs } from 'node:util';
import { shortId } from '@murmuration/shared/lib/ids.ts';
import { seededRandom } from '@murmuration/shared/lib/random.ts';
import { Crowd } from './crowd.ts';
import { SimulatedNetwork } from './simulated-network.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    nodes: { type: 'string', default: '2000' },
    links: { type: 'string', default: '10000' },
    streams: { type: 'string', default: '9' },
    supernodes: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    /** Comings and goings a second. */
    churn: { type: 'string', default: '0' },
  },
});
const network = new SimulatedNetwork(
  {
    nodes: Number(values.nodes),
    links: Number(values.links),
    streams: Number(values.streams),
    supernodes: Number(values.supernodes),
  },
  seededRandom(Number(values.seed)),
);
const crowd = await Crowd.at(Number(values.port), network);
void crowd.closed.then(({ code, reason }) => {
  console.error(`The supernode closed the link: ${code} ${reason}`);
  process.exit(1);
});
const churn = Number(values.churn);
if (churn > 0) setInterval(() => crowd.churn(), 1_000 / churn);
console.log(
  JSON.stringify({
    members: network.members.flat().length,
    links: network.links,
    supernodes: network.supernodes.length,
    streams: network.members.map(([host, ...viewers]) => ({
      name: host?.stream === undefined ? '' : shortId(host.stream),
      host: host === undefined ? '' : shortId(host.identity.peer),
      members: viewers.length + 1,
    })),
  }),
);
