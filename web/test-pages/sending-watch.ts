/** A transport that says how far the frames of a stream have gone out: what a load that follows the link's own pace waits for. */
import type { LinkId } from '@murmuration/shared/lib/ids.ts';
import { Channel } from '@murmuration/shared/node/ports.ts';
import { decodeFrame } from '@murmuration/shared/wire/frame.ts';
import { WrappedTransport } from './wrapped-transport.ts';

export class SendingWatch extends WrappedTransport {
  /** One past the newest frame that a channel has taken. */
  nextSeq = 0;
  /** Is called, soon after, when that has changed. */
  onProgress: () => void = () => {};

  override send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    const sent = super.send(link, channel, packet);
    if (!sent || channel !== Channel.frames) return sent;
    const frame = decodeFrame(packet);
    if (!frame.ok || frame.value.header.seq < this.nextSeq) return sent;
    this.nextSeq = frame.value.header.seq + 1;
    queueMicrotask(() => this.onProgress());
    return sent;
  }
}
