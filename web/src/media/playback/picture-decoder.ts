/**
 * Decodes pictures in a worker (picture-decoder.worker.ts), one configuration after the other. What comes of an earlier configuration is
 * closed here.
 */
import { PageWorker as Worker } from '../../page-worker.ts';
import type { DecoderAnswer, DecoderOrder } from './decoder-messages.ts';

export interface PictureDecoderCalls {
  /** Of the present configuration. The frame then belongs to the callee. */
  onFrame(frame: VideoFrame): void;
  /** It has begun with more of what it was given. */
  onTaken(): void;
  /** This browser cannot decode the present configuration. It takes nothing until it is configured again. */
  onUnsupported(): void;
  /** It takes nothing more until it is configured again. */
  onFailed(): void;
  /** The worker itself cannot be started. */
  onMissing(): void;
}

/** What is used of a worker. */
export interface DecoderPort {
  postMessage(order: DecoderOrder, transfer: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<DecoderAnswer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

const startWorker = (): DecoderPort =>
  new Worker(new URL('./picture-decoder.worker.ts', import.meta.url), { type: 'module' });

export class PictureDecoder {
  readonly #calls: PictureDecoderCalls;
  readonly #port: DecoderPort;
  /** Counts configurations, so that answers of an earlier one are known. */
  #life = 0;
  #open = false;
  /** Chunks of this life. */
  #given = 0;
  #taken = 0;

  constructor(calls: PictureDecoderCalls, port = startWorker()) {
    this.#calls = calls;
    this.#port = port;
    port.onmessage = ({ data }) => this.#hear(data);
    port.onerror = () => {
      this.#open = false;
      calls.onMissing();
    };
  }

  /** Whether what it is given is decoded: false before it is configured, after a failure, and once closed. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Chunks that it was given and has, as far as is known here, not begun with. */
  get queued(): number {
    return this.#given - this.#taken;
  }

  /** Begins anew: pictures of before do not come any more. */
  configure(config: VideoDecoderConfig): void {
    this.#open = true;
    this.#given = this.#taken = 0;
    this.#order({ type: 'configure', life: ++this.#life, config });
  }

  /** @param data is copied: it may be a part of something larger */
  decode(chunk: Omit<EncodedVideoChunkInit, 'data' | 'transfer'>, data: Uint8Array): void {
    this.#given++;
    const copy = data.slice().buffer;
    this.#order({ type: 'decode', life: this.#life, chunk: { ...chunk, data: copy } }, [copy]);
  }

  /** What a reordering decoder holds back comes out. The next chunk has to be a key picture. */
  flush(): void {
    if (this.#open) this.#order({ type: 'flush' });
  }

  /** Until it is configured again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#order({ type: 'close' });
  }

  /** For good. */
  stop(): void {
    this.#open = false;
    this.#port.terminate();
  }

  #order(order: DecoderOrder, transfer: Transferable[] = []): void {
    this.#port.postMessage(order, transfer);
  }

  #hear(answer: DecoderAnswer): void {
    if (answer.life !== this.#life || !this.#open) {
      if (answer.type === 'picture') answer.frame.close();
      return;
    }
    switch (answer.type) {
      case 'picture':
        this.#taken = answer.taken;
        this.#calls.onFrame(answer.frame);
        break;
      case 'taken':
        this.#taken = answer.taken;
        this.#calls.onTaken();
        break;
      case 'unsupported':
        this.#open = false;
        this.#calls.onUnsupported();
        break;
      case 'failed':
        this.#open = false;
        this.#calls.onFailed();
        break;
    }
  }
}
