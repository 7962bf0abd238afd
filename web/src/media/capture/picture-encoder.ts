/**
 * Encodes pictures of any size to VP8 at a bitrate that may change while it runs. Each bitrate and each shape of the picture
 * has an encoder of its own: the next one takes over at a key picture, when the one before has given out all that it holds.
 * So every browser behaves alike, whatever it makes of changing a running encoder.
 */

import { assert } from '@murmuration/shared/lib/assert.ts';
import { mediaLimits } from '@murmuration/shared/media/media-limits.ts';
import { type EncodedPacket, VideoSample, VideoSampleSource } from 'mediabunny';
import { fitInto, heightFor, type Size } from './bitrate-ladder.ts';
import { isBt601, type PictureTiming, paintedPicture, withBt601 } from './bt601.ts';
import { type EncoderTrack, liveVideoEncoding, startVideoTrack } from './encoder-track.ts';

/** A picture that keeps another size for so long gets an encoder of that size; meanwhile it is fitted into the present one. */
const RESIZE_AFTER_SECONDS = 0.7;

/**
 * An encoder may take seconds to give out its last pictures, and viewers do not wait for them. Above 640 × 360 Chromium encodes VP8 on several
 * threads that spin while they wait for each other: with two other programs at work on two cores, four pictures of 720p took 1,000 ms
 * instead of 30 (of 360p: 5 both times), and a busier machine 19 s.
 */
const FINISH_WITHIN_MS = 400;

type OnVideo = (packet: EncodedPacket, meta: EncodedVideoChunkMetadata | undefined) => void;

interface Encoder {
  readonly bitsPerSecond: number;
  /** Of the pictures that go in, and of those that come out. */
  readonly from: Size;
  readonly to: Size;
  readonly source: VideoSampleSource;
  readonly track: EncoderTrack;
  /** Where pictures of another size, turn or colour space are made its own. One for each encoder, so that no picture of another shows. */
  canvas: CanvasRenderingContext2D | undefined;
  retired: boolean;
  /** Packets that wait until the encoder before has finished; undefined once they need not. */
  held: Parameters<OnVideo>[] | undefined;
}

export class PictureEncoder {
  readonly #onVideo: OnVideo;
  readonly #onError: (cause: unknown) => void;
  readonly #linesFor: (bitsPerSecond: number) => number;
  #bitsPerSecond: number;
  #encoder: Encoder | undefined;
  #starting = false;
  #handover: Promise<void> = Promise.resolve();
  #resizedAt: { readonly size: Size; readonly seconds: number } | undefined;
  #keyWanted = false;
  #encoding = 0;
  #dropped = 0;
  #stopped = false;

  /**
   * @param bitsPerSecond of the picture alone
   * @param onVideo gets packets whose configs say their size
   * @param onError called once at most; nothing is encoded after it
   * @param linesFor the height of the picture at a bitrate, for pictures that take less than most
   */
  constructor(
    bitsPerSecond: number,
    onVideo: OnVideo,
    onError: (cause: unknown) => void,
    linesFor: (bitsPerSecond: number) => number = heightFor,
  ) {
    this.#bitsPerSecond = bitsPerSecond;
    this.#onVideo = onVideo;
    this.#onError = onError;
    this.#linesFor = linesFor;
  }

  /** Size of what comes out; undefined before the first picture. */
  get size(): Size | undefined {
    return this.#encoder?.to;
  }

  /** Whether a picture that is added now will not be dropped. */
  get hasRoom(): boolean {
    return this.#encoding < mediaLimits.encoderQueueMax;
  }

  /** Pictures dropped because the encoder was behind. */
  get dropped(): number {
    return this.#dropped;
  }

  /** From the next picture on; decides the size, too. */
  setBitrate(bitsPerSecond: number): void {
    this.#bitsPerSecond = bitsPerSecond;
  }

  /** Makes the next picture one to start from. */
  requestKey(): void {
    this.#keyWanted = true;
  }

  /** Takes a picture, and closes it. Its timestamp: seconds of the wall clock. */
  add(picture: VideoSample): void {
    this.#add(picture, (encoder) => fit(picture, encoder));
  }

  /** Takes what is on a canvas: its pixels go into the encoder as they are if they have its size, which spares two copies. */
  addPainted(context: CanvasRenderingContext2D, timing: PictureTiming): void {
    if (!this.#encoder || !sameSize(context.canvas, this.#encoder.to)) {
      this.add(new VideoSample(context.canvas, timing));
      return;
    }
    const picture = paintedPicture(context, timing);
    this.#add(picture, () => picture);
  }

  /** @param fitted the picture in the size and the colours that go in; takes it over */
  #add(picture: VideoSample, fitted: (encoder: Encoder) => VideoSample): void {
    if (this.#stopped) {
      picture.close();
      return;
    }
    if (this.#isDue(picture)) this.#startAnother(picture);
    const encoder = this.#encoder;
    if (!encoder || !this.hasRoom) {
      if (encoder) this.#dropped++;
      picture.close();
      return;
    }
    const options = this.#keyWanted ? { keyFrame: true } : {};
    this.#keyWanted = false;
    this.#encoding++;
    const goesIn = fitted(encoder);
    encoder.source
      .add(goesIn, options)
      .catch((cause: unknown) => this.#failed(cause))
      .finally(() => {
        goesIn.close();
        this.#encoding--;
      });
  }

  stop(): void {
    this.#stopped = true;
    this.#encoder?.track.stop();
    this.#encoder = undefined;
  }

  /** Whether another encoder is needed. */
  #isDue(picture: VideoSample): boolean {
    if (this.#starting) return false;
    const encoder = this.#encoder;
    if (!encoder || encoder.bitsPerSecond !== this.#bitsPerSecond) return true;
    const size = sizeOf(picture);
    if (sameSize(size, encoder.from)) this.#resizedAt = undefined;
    else if (!this.#resizedAt || !sameSize(size, this.#resizedAt.size))
      this.#resizedAt = { size, seconds: picture.timestamp };
    return picture.timestamp - (this.#resizedAt?.seconds ?? picture.timestamp) > RESIZE_AFTER_SECONDS;
  }

  #startAnother(picture: VideoSample): void {
    this.#starting = true;
    this.#resizedAt = undefined;
    const from = sizeOf(picture);
    const to = fitInto(from, this.#linesFor(this.#bitsPerSecond));
    const bitsPerSecond = this.#bitsPerSecond;
    let encoder: Encoder | undefined;
    const source = new VideoSampleSource({
      ...liveVideoEncoding(bitsPerSecond),
      onEncodedPacket: (packet, meta) => this.#encoded(encoder, packet, withBt601(meta)),
    });
    startVideoTrack(source).then(
      (track) => {
        this.#starting = false;
        if (this.#stopped) return track.stop();
        const before = this.#encoder;
        const held = before ? [] : undefined;
        encoder = { bitsPerSecond, from, to, source, track, canvas: undefined, retired: false, held };
        this.#encoder = encoder;
        if (before) this.#handover = this.#takeOver(before, encoder, this.#handover);
      },
      (cause: unknown) => this.#failed(cause),
    );
  }

  /** @param earlier until that has ended, the encoder before may still hold packets itself */
  async #takeOver(before: Encoder, encoder: Encoder, earlier: Promise<void>): Promise<void> {
    const enough = new Promise<void>((resolve) => setTimeout(resolve, FINISH_WITHIN_MS));
    await Promise.race([before.track.finish(), enough]);
    await earlier;
    // What it might still give out would come after pictures that are newer.
    before.retired = true;
    const held = encoder.held ?? [];
    encoder.held = undefined;
    for (const [packet, meta] of held) if (!this.#stopped) this.#onVideo(packet, meta);
  }

  #encoded(encoder: Encoder | undefined, ...[packet, meta]: Parameters<OnVideo>): void {
    if (this.#stopped || encoder?.retired) return;
    if (encoder?.held) encoder.held.push([packet, meta]);
    else this.#onVideo(packet, meta);
  }

  #failed(cause: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#onError(cause);
  }
}

/** The picture upright, in the size and the colours that go in, with black beside it if its shape is another one. Takes it over. */
function fit(picture: VideoSample, encoder: Encoder): VideoSample {
  const { to } = encoder;
  const { width, height } = sizeOf(picture);
  if (sameSize({ width, height }, to) && picture.rotation === 0 && isBt601(picture)) return picture;
  encoder.canvas ??= newCanvas(to);
  const scale = Math.min(to.width / width, to.height / height);
  const [w, h] = sameSize({ width, height }, encoder.from)
    ? [to.width, to.height]
    : [Math.round(width * scale), Math.round(height * scale)];
  encoder.canvas.fillRect(0, 0, to.width, to.height);
  picture.draw(encoder.canvas, Math.round((to.width - w) / 2), Math.round((to.height - h) / 2), w, h);
  const { timestamp, duration } = picture;
  picture.close();
  return paintedPicture(encoder.canvas, { timestamp, duration });
}

function newCanvas({ width, height }: Size): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  // Pixels leave for the encoder 30 times a second, so they are kept where it reads them.
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  assert(context !== null, 'a new canvas has a context of any kind');
  return context;
}

const sizeOf = ({ displayWidth, displayHeight }: VideoSample): Size => ({
  width: displayWidth,
  height: displayHeight,
});

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;
