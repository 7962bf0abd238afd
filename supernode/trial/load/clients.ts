/**
 * Clients of a signaling server, ours and others, for `pnpm bench supernode`: each opens a socket, says who it is, and sends signals
 * of 1 kB to a partner. What a signal is to a server is its own protocol's business: these write it as that protocol has it.
 */
import { once } from 'node:events';
import { type PeerId, peerIdFromBytes, streamIdFromBytes, tagOf } from '@murmuration/shared/lib/ids.ts';
import { encodeMessage } from '@murmuration/shared/wire/codec.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { WebSocket } from 'ws';
import { Identity, sha256 } from '../identity.ts';
import { TrialClient } from '../trial-client.ts';

const SIGNAL_BYTES = 1_000;
const FILLING = 'x'.repeat(SIGNAL_BYTES);
/** Nothing but a signal is as long as this. */
const LEAST_BYTES = 900;

export interface LoadClient {
  readonly socket: WebSocket;
  /** Whom its signals go to from now on: another of the same swarm. */
  aimAt(partner: LoadClient): void;
  send(): void;
  /** Answers a signal with another. */
  reply(signal: Buffer): void;
  /** Whether a message is a signal to this client. */
  isSignal(data: Buffer): boolean;
}

export interface Place {
  readonly port: number;
  /** Different for every client. */
  readonly number: number;
  readonly swarm: number;
}

/** The least that a server can be: it gives numbers, and a message begins with the number of the one it is for. */
class BareClient implements LoadClient {
  readonly socket: WebSocket;
  #number = 0;
  #packet = Buffer.alloc(0);

  constructor({ port }: Place) {
    this.socket = plainSocket(`ws://127.0.0.1:${port}`);
  }

  async opened(): Promise<this> {
    const [number] = await once(this.socket, 'message');
    this.#number = Number(String(number));
    return this;
  }

  aimAt(partner: BareClient): void {
    this.#packet = Buffer.alloc(4 + SIGNAL_BYTES);
    this.#packet.writeUInt32BE(partner.#number, 0);
  }

  send(): void {
    this.socket.send(this.#packet);
  }

  reply(): void {
    this.send();
  }

  isSignal(data: Buffer): boolean {
    return data.length >= LEAST_BYTES;
  }
}

const HEARD: ReadonlySet<number> = new Set([MessageType.hello, MessageType.ping]);

/** Longer than all take to come. */
const RECORD_SECONDS = 300;
/** Members say that they are linked in a ring with so many to either side: chains of links lead to all of them. */
const RING_REACH = 4;

const identities = new Map<number, Identity>();
function identityOf(number: number): Identity {
  const identity = identities.get(number) ?? new Identity();
  identities.set(number, identity);
  return identity;
}

function neighboursOf(number: number): PeerId[] {
  const reach = Array.from({ length: RING_REACH }, (_, i) => i + 1);
  const numbers = reach.flatMap((away) => [number - away, number + away]);
  return numbers.filter((other) => other >= 0).map((other) => identityOf(other).peer);
}

/** With `tellsRecord` it is a member of its stream, with a record and a list of its links in the net graph. */
class SupernodeClient implements LoadClient {
  readonly #client: TrialClient;
  #packet: Uint8Array = new Uint8Array();

  constructor(client: TrialClient) {
    this.#client = client;
  }

  static async open({ port, number, swarm }: Place, tellsRecord = false): Promise<SupernodeClient> {
    const stream = streamIdFromBytes(new Uint8Array(20).fill(swarm + 1));
    const identity = identityOf(number);
    const client = await TrialClient.bound(port, { hears: HEARD, identity });
    client.greet({ stream });
    const { publicKey } = await client.next(MessageType.hello);
    if (tellsRecord) {
      const record = identity.record(stream, { depth: 1, ttlMaxSeconds: RECORD_SECONDS });
      client.send({ type: MessageType.records, records: [record] });
      const linked = [peerIdFromBytes(sha256(publicKey)), ...neighboursOf(number)];
      const list = identity.linkList(linked.map(tagOf).sort());
      client.send({ type: MessageType.links, lists: [{ form: 'full', list }] });
    }
    return new SupernodeClient(client);
  }

  get socket(): WebSocket {
    return this.#client.socket;
  }

  aimAt(partner: SupernodeClient): void {
    const { identity } = this.#client;
    this.#packet = encodeMessage(
      identity.signal(partner.#client.identity.peer, new Uint8Array(SIGNAL_BYTES)),
    );
  }

  send(): void {
    this.#client.sendBytes(this.#packet);
  }

  reply(): void {
    this.send();
  }

  isSignal(data: Buffer): boolean {
    return data[0] === MessageType.signal;
  }
}

/** A text that is sent as it is. */
abstract class TextClient implements LoadClient {
  readonly socket: WebSocket;
  protected readonly place: Place;
  protected text = '';

  constructor(place: Place, path = '') {
    this.place = place;
    this.socket = plainSocket(`ws://127.0.0.1:${place.port}${path}`);
  }

  abstract aimAt(partner: LoadClient): void;

  send(): void {
    this.socket.send(this.text);
  }

  reply(_signal: Buffer): void {
    this.send();
  }

  isSignal(data: Buffer): boolean {
    return data.length >= LEAST_BYTES;
  }
}

class PeerJsClient extends TextClient {
  constructor(place: Place) {
    super(place, `/peerjs?key=peerjs&id=client-${place.number}&token=token-${place.number}&version=1.5.0`);
  }

  async opened(): Promise<this> {
    await once(this.socket, 'message');
    return this;
  }

  aimAt(partner: PeerJsClient): void {
    const payload = { sdp: { type: 'offer', sdp: FILLING }, type: 'data', connectionId: 'dc_1' };
    this.text = JSON.stringify({ type: 'OFFER', dst: `client-${partner.place.number}`, payload });
  }
}

const twenty = (name: string, number: number): string =>
  `${name}${String(number).padStart(20, '0')}`.slice(-20);

/** The tracker picks who gets an offer; the answer goes back to who made it, who then makes the next one. */
class TrackerClient extends TextClient {
  async opened(): Promise<this> {
    await once(this.socket, 'open');
    const announce = { action: 'announce', event: 'started', left: 1, numwant: 0, offers: [] };
    this.socket.send(JSON.stringify({ ...announce, ...this.#names }));
    await once(this.socket, 'message');
    return this;
  }

  get #names(): { info_hash: string; peer_id: string } {
    return { info_hash: twenty('', this.place.swarm), peer_id: twenty('', this.place.number) };
  }

  aimAt(): void {
    const offers = [{ offer: { type: 'offer', sdp: FILLING }, offer_id: twenty('', 1) }];
    this.text = JSON.stringify({ action: 'announce', ...this.#names, numwant: 1, offers });
  }

  override reply(signal: Buffer): void {
    const { offer, offer_id, peer_id } = JSON.parse(String(signal)) as Record<string, unknown>;
    if (offer === undefined) {
      this.send();
      return;
    }
    const answer = { type: 'answer', sdp: FILLING };
    const rest = { answer, offer_id, to_peer_id: peer_id };
    this.socket.send(JSON.stringify({ action: 'announce', ...this.#names, ...rest }));
  }
}

/** It knows topics only: whatever is for one goes to all of a swarm. */
class TopicClient extends TextClient {
  #mark = Buffer.from(`"to":${this.place.number},`);

  async opened(): Promise<this> {
    await once(this.socket, 'open');
    this.socket.send(JSON.stringify({ type: 'subscribe', topics: [`swarm-${this.place.swarm}`] }));
    // Its answer comes behind the subscription.
    this.socket.send(JSON.stringify({ type: 'ping' }));
    await once(this.socket, 'message');
    return this;
  }

  aimAt(partner: TopicClient): void {
    const to = partner.place.number;
    this.text = JSON.stringify({ type: 'publish', topic: `swarm-${this.place.swarm}`, to, data: FILLING });
  }

  override isSignal(data: Buffer): boolean {
    return data.length >= LEAST_BYTES && data.subarray(0, 80).includes(this.#mark);
  }
}

function plainSocket(url: string): WebSocket {
  return new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
}

/** How a client of each kind of server opens. Rejects if it is refused. */
export const openClient: Readonly<Record<string, (place: Place) => Promise<LoadClient>>> = {
  bare: (place) => new BareClient(place).opened(),
  supernode: (place) => SupernodeClient.open(place),
  members: (place) => SupernodeClient.open(place, true),
  peer: (place) => new PeerJsClient(place).opened(),
  tracker: (place) => new TrackerClient(place).opened(),
  topics: (place) => new TopicClient(place).opened(),
};
