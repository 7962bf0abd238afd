/**
 * Pictures in the colours that VP8 means. Its bitstream cannot say which those are; the format has limited-range BT.601 (RFC 6386, 9.2), and
 * Firefox decodes it as that whatever it is told. Left alone, Chromium encodes what a page painted as full-range BT.709, and Firefox
 * encodes BT.601, but calls it BT.709. So every picture goes in as BT.601, and what comes out is called that.
 */
import { VideoSample } from 'mediabunny';

/** The label of an RGB picture that makes Chromium encode it as limited BT.601: it goes by the primaries and the range. */
const toBecomeBt601: VideoColorSpaceInit = {
  primaries: 'smpte170m',
  transfer: 'smpte170m',
  matrix: 'rgb',
  fullRange: false,
};

/** The same pictures once encoded: what a page paints has the primaries of sRGB. */
const bt601: VideoColorSpaceInit = {
  primaries: 'bt709',
  transfer: 'iec61966-2-1',
  matrix: 'smpte170m',
  fullRange: false,
};

const BT601_MATRICES: readonly unknown[] = ['smpte170m', 'bt470bg'];

/** What is known of a picture's colours; null where the browser does not say. */
interface Colours {
  readonly format: string | null;
  readonly colorSpace: { readonly matrix: string | null; readonly fullRange: boolean | null };
}

/** Whether a picture can be encoded as it is. Cameras whose browser does not name their colours give what VP8 means. */
export function isBt601({ format, colorSpace: { matrix, fullRange } }: Colours): boolean {
  const isYuv = format !== null && /^(?:I4|NV)/.test(format);
  return isYuv && fullRange !== true && (matrix === null || BT601_MATRICES.includes(matrix));
}

/** In seconds. */
export interface PictureTiming {
  readonly timestamp: number;
  readonly duration: number;
}

/** What is on a canvas, to be encoded. */
export function paintedPicture(context: CanvasRenderingContext2D, timing: PictureTiming): VideoSample {
  const { width, height } = context.canvas;
  const { data } = context.getImageData(0, 0, width, height);
  // `transfer`, which spares a copy, is not yet in TypeScript's own types.
  const init: VideoFrameBufferInit & { readonly transfer: readonly ArrayBuffer[] } = {
    format: 'RGBX',
    codedWidth: width,
    codedHeight: height,
    timestamp: Math.round(timing.timestamp * 1e6),
    colorSpace: toBecomeBt601,
    transfer: [data.buffer],
  };
  return new VideoSample(new VideoFrame(data, init), timing);
}

/** What the encoder says of its output, with the colours that it has. */
export function withBt601(
  meta: EncodedVideoChunkMetadata | undefined,
): EncodedVideoChunkMetadata | undefined {
  return meta?.decoderConfig && { ...meta, decoderConfig: { ...meta.decoderConfig, colorSpace: bt601 } };
}
