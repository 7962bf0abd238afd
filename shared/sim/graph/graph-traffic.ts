/** Wire bytes of one node in a machine world: those of the graph, and all others, headers included. */
import { wireBytes } from '../../src/graph/byte-budget.ts';
import type { WireMessage } from '../../src/wire/codec.ts';
import { type GraphMessage, graphMessageBytes } from '../../src/wire/graph-messages.ts';
import { MessageType } from '../../src/wire/message-type.ts';

export const isGraphMessage = (message: { readonly type: number }): message is GraphMessage =>
  message.type >= MessageType.records && message.type < MessageType.redirectRequest;

/** What other messages take, about: heartbeats 5, beacons 200, redirect answers up to 5,000, signals 660 bytes. */
function otherBytes(message: WireMessage): number {
  switch (message.type) {
    case MessageType.signal:
      return 660;
    case MessageType.beacon:
      return 200;
    case MessageType.redirectAnswer:
      return 19 + 170 * (message.inside.length + message.outside.length);
    default:
      return 24;
  }
}

export class GraphTraffic {
  /** Bytes sent of graph messages, by the name of their type. */
  readonly graphBytes: Record<number, number> = {};
  graphBytesOut = 0;
  graphMessagesOut = 0;
  otherBytesOut = 0;

  count(message: WireMessage): void {
    if (!isGraphMessage(message)) {
      this.otherBytesOut += wireBytes(otherBytes(message));
      return;
    }
    const bytes = wireBytes(graphMessageBytes(message));
    this.graphBytesOut += bytes;
    this.graphMessagesOut++;
    this.graphBytes[message.type] = (this.graphBytes[message.type] ?? 0) + bytes;
  }
}
