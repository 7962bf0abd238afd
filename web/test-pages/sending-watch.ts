/** A transport that says how far the frames of a stream have gone out: what a load that follows the link's own pace waits for. */
import type { LinkId } from '@murmuration/shared/lib/ids.ts';
import { Channel } from '@murmuration/shared/node/ports.ts';
import { FRAME_HEADER_BYTES } from '@murmuration/shared/wire/frame.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { WrappedTransport } from '../../shared/sim/wrapped-transport.ts';

/** Where a frame's header has its seq (wire/frame.ts). */
const SEQ_AT = 27;

export class SendingWatch extends WrappedTransport {
  /** One past the newest frame that a channel has taken. */
  nextSeq = 0;
  /** Is called, soon after, when that has changed. */
  onProgress: () => void = () => {};

  override send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    const sent = super.send(link, channel, packet);
    if (!sent || channel !== Channel.frames) return sent;
    if (packet[0] !== MessageType.frame || packet.length < FRAME_HEADER_BYTES) return sent;
    const seq = new DataView(packet.buffer, packet.byteOffset).getUint32(SEQ_AT);
    if (seq < this.nextSeq) return sent;
    this.nextSeq = seq + 1;
    queueMicrotask(() => this.onProgress());
    return sent;
  }
}
