/** One end of a link, and what the network asks of the node that owns it. */
import type { LinkId } from '../src/lib/ids.ts';
import type { Channel } from '../src/node/ports.ts';
import type { Bandwidth } from './network-settings.ts';
import { SendBuffer } from './send-buffer.ts';
import type { Traffic } from './traffic.ts';
import type { Callback } from './virtual-clock.ts';

/** A node as the network sees it: a line with a bandwidth, and somebody to report to. */
export interface LinkOwner {
  /** Names the node in traces and latencies. */
  readonly node: number;
  readonly bandwidth: Bandwidth;
  readonly traffic: Traffic;
  readonly crashed: boolean;
  /** When it crashed, in ms; infinity while it lives. */
  readonly crashedAtMs: number;
  /** When the upload line has sent all that it was given. */
  readonly uploadFreeAtMs: number;
  /** Puts bytes on the upload line; returns when the last of them is out. */
  occupyUpload(wireBytes: number): number;
  /** When bytes that arrive now are through the download line. */
  occupyDownload(wireBytes: number): number;
  /** Somebody opened a link without signaling: makes this side's end of it, unless the node takes no more. */
  linkIncoming(): LinkEnd | undefined;
  /** Both channels are open. */
  linkOpened(end: LinkEnd, binding: Uint8Array): void;
  linkReceived(end: LinkEnd, channel: Channel, packet: Uint8Array): void;
  linkDrained(end: LinkEnd, channel: Channel): void;
  /** A link ended, or a dial failed, without this node's doing. */
  linkLost(end: LinkEnd, reason: string): void;
}

export const LinkState = {
  /** The dialer waits for an answer. */
  offering: 0,
  /** The other side has answered and waits. */
  answering: 1,
  /** Both know each other; the connection is being set up. */
  connecting: 2,
  open: 3,
  closed: 4,
} as const;
export type LinkState = (typeof LinkState)[keyof typeof LinkState];

export class LinkEnd {
  readonly owner: LinkOwner;
  readonly id: LinkId;
  /** Names this end in signals; unique in one simulation. */
  readonly number: number;
  state: LinkState;
  remote: LinkEnd | undefined;
  /** One-way, in ms; known from `connecting` on. */
  latencyMs = 0;
  /** No later `control` packet arrives at the other end before this instant: the channel is ordered. */
  controlArrivesAtMs = 0;
  readonly buffers: readonly [SendBuffer, SendBuffer] = [new SendBuffer(), new SendBuffer()];
  /** A `drained` is on its way, by channel. */
  readonly drainAwaited: [boolean, boolean] = [false, false];
  /** The level below which `drained` is due, by channel, in bytes. */
  readonly drainedBelow: [number, number] = [0, 0];
  timeout: Callback | undefined;

  constructor(owner: LinkOwner, id: LinkId, number: number, state: LinkState) {
    this.owner = owner;
    this.id = id;
    this.number = number;
    this.state = state;
  }
}
