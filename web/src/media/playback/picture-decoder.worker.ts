/**
 * The browser's decoder of pictures, in a thread of its own: between any two pictures it comes back to the thread that it was made in, and
 * a page that is busy, as one that joins is, would let it wait for each. What is asked and told: decoder-messages.ts.
 */
import type { DecoderAnswer, DecoderOrder } from './decoder-messages.ts';

type Order<T extends DecoderOrder['type']> = Extract<DecoderOrder, { type: T }>;

/** Pictures tell what was taken; beyond so many chunks without one it is told for itself. */
const TAKEN_UNTOLD_MAX = 4;

let decoder: VideoDecoder | undefined;
/** Chunks of this decoder, and how many of them it was said to have taken. */
let given = 0;
let told = 0;
/** Settled when it is known whether the newest configuration is supported; all orders wait for that in turn. */
let ready: Promise<void> = Promise.resolve();

const answer = (message: DecoderAnswer, transfer: Transferable[] = []): void =>
  postMessage(message, { transfer });

async function configure({ life, config }: Order<'configure'>): Promise<void> {
  close();
  if (!(await isSupported(config))) {
    answer({ type: 'unsupported', life });
    return;
  }
  given = told = 0;
  const mine = new VideoDecoder({
    output: (frame) => {
      told = given - mine.decodeQueueSize;
      answer({ type: 'picture', life, taken: told, frame }, [frame]);
    },
    error: () => answer({ type: 'failed', life }),
  });
  mine.ondequeue = () => {
    const taken = given - mine.decodeQueueSize;
    if (mine !== decoder || taken - told < TAKEN_UNTOLD_MAX) return;
    told = taken;
    answer({ type: 'taken', life, taken });
  };
  decoder = mine;
  try {
    mine.configure(config);
  } catch {
    answer({ type: 'failed', life });
  }
}

/** Never rejects: a codec string that a browser refuses to parse is not supported. */
async function isSupported(config: VideoDecoderConfig): Promise<boolean> {
  try {
    return (await VideoDecoder.isConfigSupported(config)).supported === true;
  } catch {
    return false;
  }
}

function decode({ life, chunk }: Order<'decode'>): void {
  if (decoder?.state !== 'configured') return;
  given++;
  try {
    decoder.decode(new EncodedVideoChunk(chunk));
  } catch {
    answer({ type: 'failed', life });
  }
}

function close(): void {
  if (decoder && decoder.state !== 'closed') decoder.close();
  decoder = undefined;
}

self.onmessage = ({ data: order }: MessageEvent<DecoderOrder>) => {
  ready = ready.then(() => {
    switch (order.type) {
      case 'configure':
        return configure(order);
      case 'decode':
        return decode(order);
      case 'flush':
        if (decoder?.state === 'configured') decoder.flush().catch(() => undefined);
        return undefined;
      case 'close':
        return close();
    }
  });
};
