/** What a graph machine says to its neighbours, in packets that fit, on its byte budget. */
import type { PeerId } from '../lib/ids.ts';
import {
  type GraphMessage,
  graphMessageBytes,
  type SummaryEntry,
  type WantedEntry,
} from '../wire/graph-messages.ts';
import { limits } from '../wire/limits.ts';
import type { LinkList, LinkListForm } from '../wire/link-list.ts';
import type { MembershipRecord } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import { ByteBudget, wireBytes } from './byte-budget.ts';
import type { GraphOutput } from './graph-contract.ts';
import type { Neighbour } from './graph-peers.ts';
import type { HeldNode } from './replica.ts';

/** Bytes of records or link lists in one packet at most. */
const BATCH_BYTES_MAX = 12 * 1024;

export class Outbox {
  readonly budget: ByteBudget;
  #outputs: GraphOutput[] = [];

  constructor(bytesPerSecond: number) {
    this.budget = new ByteBudget(bytesPerSecond);
  }

  /** All outputs since the last time. */
  take(): GraphOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  push(output: GraphOutput): void {
    this.#outputs.push(output);
  }

  send(peer: PeerId, message: GraphMessage): void {
    this.budget.spend(wireBytes(graphMessageBytes(message)));
    this.#outputs.push({ type: 'send', peer, message });
  }

  news(peer: PeerId, entries: readonly SummaryEntry[]): void {
    for (const part of parts(entries, limits.newsPerPacketMax)) {
      this.send(peer, { type: MessageType.news, entries: part });
    }
  }

  wanted(peer: PeerId, entries: readonly WantedEntry[]): void {
    for (const part of parts(entries, limits.wantedEntriesMax)) {
      this.send(peer, { type: MessageType.wanted, entries: part });
    }
  }

  /** Answers a neighbour's request. Records go first: a link list is only taken by those who hold the record. */
  serve(
    neighbour: Neighbour,
    records: readonly MembershipRecord[],
    lists: readonly LinkListForm[],
    now: number,
  ): void {
    const recordsOf = (part: MembershipRecord[]): GraphMessage => ({
      type: MessageType.records,
      records: part,
    });
    const linksOf = (part: LinkListForm[]): GraphMessage => ({ type: MessageType.links, lists: part });
    this.#serveBatches(neighbour, batches(records, limits.recordsPerPacketMax, recordsOf), now);
    this.#serveBatches(neighbour, batches(lists, limits.linkListsPerPacketMax, linksOf), now);
  }

  #serveBatches({ peer, budget }: Neighbour, messages: Iterable<GraphMessage>, now: number): void {
    for (const message of messages) {
      if (budget.mayServe(graphMessageBytes(message), now)) this.send(peer, message);
    }
    if (!budget.floods) return;
    budget.floods = false;
    this.push({ type: 'flooding-peer', peer });
  }
}

function* parts<T>(items: readonly T[], itemsMax: number): IterableIterator<T[]> {
  for (let from = 0; from < items.length; from += itemsMax) yield items.slice(from, from + itemsMax);
}

function* batches<T>(
  items: readonly T[],
  itemsMax: number,
  messageOf: (part: T[]) => GraphMessage,
): IterableIterator<GraphMessage> {
  let part: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const itemBytes = graphMessageBytes(messageOf([item]));
    if (part.length === itemsMax || (part.length > 0 && bytes + itemBytes > BATCH_BYTES_MAX)) {
      yield messageOf(part);
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += itemBytes;
  }
  if (part.length > 0) yield messageOf(part);
}

/** A node's link list, as what changed if the other has the one before. */
export function linkForm({ links, linksDelta }: HeldNode, seqHeld: number): LinkListForm {
  const list = links as LinkList;
  if (linksDelta !== undefined && seqHeld > 0 && seqHeld === list.version.seq - 1)
    return { form: 'delta', delta: linksDelta };
  return { form: 'full', list };
}
