/**
 * A transport that lies: it passes everything on as it is, but after a number of clean ones it changes the payload of every frame
 * that this node sends to others. What comes in stays untouched, so the node itself believes in an honest stream.
 */
import type { LinkId } from '@murmuration/shared/lib/ids.ts';
import { Channel, type LinkTransport } from '@murmuration/shared/node/ports.ts';
import { FRAME_HEADER_BYTES } from '@murmuration/shared/wire/frame.ts';
import { SIGNATURE_BYTES } from '@murmuration/shared/wire/link-messages.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { WrappedTransport } from '../../shared/sim/wrapped-transport.ts';

export class TamperingTransport extends WrappedTransport {
  #cleanFrames: number;
  /** Frames that went out as they came, and with a changed payload. */
  framesClean = 0;
  framesTampered = 0;

  /** @param cleanFrames how many frames to send untouched before the first lie */
  constructor(honest: LinkTransport, cleanFrames: number) {
    super(honest);
    this.#cleanFrames = cleanFrames;
  }

  /** Ends the clean frames now. */
  lieNow(): void {
    this.#cleanFrames = 0;
  }

  override send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    if (channel !== Channel.frames || !carriesPayload(packet)) return super.send(link, channel, packet);
    const lie = this.framesClean >= this.#cleanFrames;
    const sent = super.send(link, channel, lie ? tampered(packet) : packet);
    if (sent && lie) this.framesTampered++;
    else if (sent) this.framesClean++;
    return sent;
  }
}

const carriesPayload = (packet: Uint8Array): boolean =>
  packet[0] === MessageType.frame && packet.length > FRAME_HEADER_BYTES + SIGNATURE_BYTES;

/** A copy with one byte in the middle of the payload changed: the packet itself is shared with the node's own frames. */
function tampered(packet: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(packet);
  const at = (FRAME_HEADER_BYTES + copy.length - SIGNATURE_BYTES) >> 1;
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
