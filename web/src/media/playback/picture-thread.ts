/** A page's end of the thread of its pictures (picture.worker.ts): hands the canvas over, or paints what it is given to paint. */
import type { VideoConfig, VideoPacket } from '@murmuration/shared/media/media-message.ts';
import { PageWorker as Worker } from '../../page-worker.ts';
import { wallClockMs } from '../wall-clock.ts';
import type { PictureOrder, PictureTelling } from './picture-messages.ts';
import { PicturePainter } from './picture-painter.ts';

/** What is used of a worker. */
export interface ThreadPort {
  postMessage(order: PictureOrder, transfer: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<PictureTelling>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

export interface PictureThreadCalls {
  onTold(telling: Exclude<PictureTelling, { readonly type: 'playable' | 'show' }>): void;
  /** The worker itself cannot be started. */
  onMissing(): void;
}

/** Whose canvas it is: one of ours is given to the thread for good, anybody else's is painted by the page, which may use it further. */
export type CanvasOwner = 'player' | 'caller';

const startWorker = (): ThreadPort =>
  new Worker(new URL('./picture.worker.ts', import.meta.url), { type: 'module' });

export class PictureThread {
  readonly #canvas: HTMLCanvasElement;
  readonly #owner: CanvasOwner;
  readonly #port: ThreadPort;
  #painter: PicturePainter | undefined;
  #hasCanvas = false;
  #calls: PictureThreadCalls | undefined;

  constructor(canvas: HTMLCanvasElement, owner: CanvasOwner, port = startWorker()) {
    this.#canvas = canvas;
    this.#owner = owner;
    this.#port = port;
    port.onmessage = ({ data }) => this.#hear(data);
    port.onerror = () => this.#calls?.onMissing();
  }

  /** Who plays with it now; undefined: nobody. */
  set calls(calls: PictureThreadCalls | undefined) {
    this.#calls = calls;
  }

  /** The page cannot paint on the canvas itself. */
  get hasCanvas(): boolean {
    return this.#hasCanvas;
  }

  /** @param packet its bytes are copied: they may be a part of something larger */
  packet(packet: VideoPacket, config: VideoConfig | undefined, restart: boolean): void {
    const bytes = packet.bytes.slice();
    this.#order({ type: 'packet', packet: { ...packet, bytes }, config, restart }, [bytes.buffer]);
  }

  /** A picture is due at its presentation time plus so much, in ms since 1970. */
  due(offsetMs: number): void {
    this.#order({ type: 'due', offsetMs });
  }

  /** Whether sound is heard with the pictures. */
  setSound(isHeard: boolean): void {
    this.#order({ type: 'sound', isHeard });
  }

  gap(): void {
    this.#order({ type: 'gap' });
  }

  setIdle(idle: boolean): void {
    this.#order({ type: 'idle', idle });
  }

  /** Paints what somebody else has decoded, where the page cannot. @param frame is taken over */
  paint(frame: VideoFrame, quarterTurns: number): void {
    this.#order({ type: 'paint', frame, quarterTurns }, [frame]);
  }

  /** For good. */
  stop(): void {
    this.#calls = undefined;
    this.#port.terminate();
  }

  #hear(telling: PictureTelling): void {
    switch (telling.type) {
      case 'playable':
        if (!this.#hasCanvas && !this.#painter) this.#handOver();
        break;
      case 'show':
        this.#paint(telling);
        break;
      default:
        this.#calls?.onTold(telling);
    }
  }

  #handOver(): void {
    const canvas = this.#owner === 'player' ? offscreen(this.#canvas) : undefined;
    this.#hasCanvas = canvas !== undefined;
    if (!canvas) this.#painter = new PicturePainter(this.#canvas, false);
    this.#order({ type: 'screen', canvas }, canvas ? [canvas] : []);
  }

  #paint({ frame, quarterTurns, ptsUs }: Extract<PictureTelling, { readonly type: 'show' }>): void {
    if (!this.#calls || !this.#painter) {
      frame.close();
      return;
    }
    this.#painter.paint(frame, quarterTurns, () =>
      this.#order({ type: 'shown', ptsUs, atMs: wallClockMs() }),
    );
  }

  #order(order: PictureOrder, transfer: Transferable[] = []): void {
    this.#port.postMessage(order, transfer);
  }
}

/** Undefined where browsers have none, or somebody else has drawn on this canvas. */
function offscreen(canvas: HTMLCanvasElement): OffscreenCanvas | undefined {
  try {
    return canvas.transferControlToOffscreen();
  } catch {
    return undefined;
  }
}
