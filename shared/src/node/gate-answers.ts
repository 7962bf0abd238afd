/**
 * What a node answers its gate (gate-questions.ts): from the net graph as to records and link lists, the same in every node, and from
 * its own stream as to frames, beacons and charges. A supernode belongs to no stream: it keeps none of those, and leaves signals to who
 * receives them. Nothing is decided or counted here.
 */
import type { Graph } from '../graph/graph.ts';
import type { LinkId, PeerId, StreamId } from '../lib/ids.ts';
import type { Beacon } from '../wire/beacon.ts';
import type { FrameHeader } from '../wire/frame.ts';
import type { Equivocation, FrameHead } from '../wire/frame-head.ts';
import type { LinkList } from '../wire/link-list.ts';
import type { RecordVersion } from '../wire/membership-record.ts';
import type { GateQuestions } from './gate-questions.ts';
import type { Links } from './links.ts';
import type { OwnStream } from './own-stream.ts';

export class GateAnswers implements GateQuestions {
  /** Hosts and viewers check signals of others before they are passed on through the mesh. */
  readonly passesSignals: boolean;
  readonly #graph: Graph;
  readonly #links: Links;
  readonly #stream: OwnStream | undefined;

  /** @param stream undefined for a supernode */
  constructor(graph: Graph, links: Links, stream: OwnStream | undefined) {
    this.passesSignals = stream === undefined;
    this.#graph = graph;
    this.#links = links;
    this.#stream = stream;
  }

  wantsRecord(id: PeerId, version: RecordVersion): boolean {
    return this.#graph.replica.wants(id, version);
  }

  wantsLinks(id: PeerId, version: RecordVersion): boolean {
    return this.#graph.replica.wantsLinks(id, version);
  }

  publicKeyOf(id: PeerId): Uint8Array | undefined {
    return this.#graph.replica.get(id)?.record.publicKey;
  }

  linkBase(id: PeerId): LinkList | undefined {
    return this.#graph.replica.get(id)?.links;
  }

  admitsFrame(header: FrameHeader, payloadBytes: number, link: LinkId, now: number): boolean {
    return this.#stream?.admitsFrame(header, payloadBytes, this.#links.get(link)?.peer, now) ?? false;
  }

  hostKey(stream: StreamId): Uint8Array | undefined {
    return this.#stream?.hostKey(stream);
  }

  signsFrames(stream: StreamId): boolean {
    return this.#stream?.signsFrames(stream) ?? true;
  }

  wantsBeacon(beacon: Beacon): boolean {
    return this.#stream?.wantsBeacon(beacon) ?? false;
  }

  wantsCharge(charge: FrameHead | Equivocation): boolean {
    return this.#stream?.wantsCharge(charge) ?? false;
  }
}
