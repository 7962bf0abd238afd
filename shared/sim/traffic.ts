/** What went through one node's line, counted by the network itself and not by the node. */
import { Channel } from '../src/node/ports.ts';
import { FRAME_HEADER_BYTES, frameTrailerBytes } from '../src/wire/frame.ts';
import { MessageType } from '../src/wire/message-type.ts';

/** One channel in one direction, summed over all links. Wire bytes include the headers of every datagram. */
export class ChannelTraffic {
  packets = 0;
  wireBytes = 0;
}

export class Traffic {
  /** By channel. */
  readonly out: readonly [ChannelTraffic, ChannelTraffic] = [new ChannelTraffic(), new ChannelTraffic()];
  readonly in: readonly [ChannelTraffic, ChannelTraffic] = [new ChannelTraffic(), new ChannelTraffic()];
  /** Wire bytes of acknowledgements. */
  ackBytesOut = 0;
  /** Packets of `frames` that the network lost after they were sent, and that were given up before. */
  framesLost = 0;
  framesExpired = 0;
  controlRetransmitted = 0;
  /** Payload of frames, wherever they travel: no headers, no signatures. */
  framePayloadBytesIn = 0;
  framePayloadBytesOut = 0;

  get wireBytesOut(): number {
    return this.out[Channel.control].wireBytes + this.out[Channel.frames].wireBytes + this.ackBytesOut;
  }
}

/** Payload bytes of a packet if it is a frame, else 0. */
export function framePayloadBytes(packet: Uint8Array): number {
  if (packet[0] !== MessageType.frame) return 0;
  return Math.max(0, packet.length - FRAME_HEADER_BYTES - frameTrailerBytes(packet));
}
