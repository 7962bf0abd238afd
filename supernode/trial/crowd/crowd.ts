/** Tells a supernode of a whole simulated network, as another supernode would: over one link, within its rates. */
import { hash } from 'node:crypto';
import { peerIdFromBytes } from '@murmuration/shared/lib/ids.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { TrialClient } from '../trial-client.ts';
import { listOf, recordOf, type SimulatedNetwork, type SimulatedNode } from './simulated-network.ts';

/** In one packet: some 9 KB of records, or lists of 20 links each. */
const RECORDS_PER_PACKET = 50;
const LISTS_PER_PACKET = 32;
const REFRESH_EVERY_MS = 120_000;

export class Crowd {
  readonly #network: SimulatedNetwork;
  readonly #client: TrialClient;
  readonly #refreshing: NodeJS.Timeout;

  private constructor(network: SimulatedNetwork, client: TrialClient) {
    this.#network = network;
    this.#client = client;
    this.#refreshing = setInterval(() => this.#refresh(), REFRESH_EVERY_MS);
  }

  /** Links to a supernode on loopback, as the first supernode of the network, and tells it everything. */
  static async at(port: number, network: SimulatedNetwork): Promise<Crowd> {
    const [speaker] = network.supernodes;
    if (!speaker) throw new Error('a crowd needs a supernode to speak for it');
    const { hello, trunkProof, ping, goodbye } = MessageType;
    const heard = new Set([hello, trunkProof, ping, goodbye]);
    const client = await TrialClient.trunk(port, speaker.identity, { hears: heard });
    const publicKey = client.remoteKey ?? new Uint8Array();
    speaker.outside.push(peerIdFromBytes(new Uint8Array(hash('sha256', publicKey, 'buffer'))));
    const crowd = new Crowd(network, client);
    crowd.#tell(network.nodes);
    return crowd;
  }

  get closed(): TrialClient['closed'] {
    return this.#client.closed;
  }

  #tell(nodes: readonly SimulatedNode[]): void {
    this.#records(nodes);
    for (let from = 0; from < nodes.length; from += LISTS_PER_PACKET) {
      const lists = nodes
        .slice(from, from + LISTS_PER_PACKET)
        .map((node) => ({ form: 'full' as const, list: listOf(node) }));
      this.#client.send({ type: MessageType.links, lists });
    }
  }

  #records(nodes: readonly SimulatedNode[], leaves = false): void {
    for (let from = 0; from < nodes.length; from += RECORDS_PER_PACKET) {
      const records = nodes.slice(from, from + RECORDS_PER_PACKET).map((node) => recordOf(node, leaves));
      this.#client.send({ type: MessageType.records, records });
    }
  }

  #refresh(): void {
    const { nodes } = this.#network;
    for (const node of nodes) node.recordSeq++;
    this.#records(nodes);
  }

  /** One comes and one goes. */
  churn(): void {
    this.#tell(this.#network.join());
    const left = this.#network.leave();
    if (!left) return;
    this.#records([left.gone], true);
    this.#tell(left.changed);
  }

  end(): void {
    clearInterval(this.#refreshing);
    this.#client.end();
  }
}
