/** Between a page and its decoder of pictures, which is in a worker. `life` counts configurations: what belongs to an earlier one is of no use. */

export type DecoderOrder =
  | { readonly type: 'configure'; readonly life: number; readonly config: VideoDecoderConfig }
  | { readonly type: 'decode'; readonly life: number; readonly chunk: EncodedVideoChunkInit }
  | { readonly type: 'flush' }
  | { readonly type: 'close' };

/** `taken`: of the chunks of this life the decoder has begun with so many. It comes with pictures, and alone where chunks bring none. */
export type DecoderAnswer =
  | { readonly type: 'picture'; readonly life: number; readonly taken: number; readonly frame: VideoFrame }
  | { readonly type: 'taken'; readonly life: number; readonly taken: number }
  | { readonly type: 'unsupported' | 'failed'; readonly life: number };
