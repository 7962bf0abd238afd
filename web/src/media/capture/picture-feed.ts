/** Where an encoder's pictures come from. */
import type { VideoSample } from 'mediabunny';

/**
 * Begins to give out pictures, stamped in seconds of the wall clock; returns how to stop. The callee closes each picture.
 * @param onError called once at most, when no more pictures will come
 */
export type PictureFeed = (
  onPicture: (picture: VideoSample) => void,
  onError: (cause: unknown) => void,
) => () => void;
