/** Tells one source of a stream from the next. Each begins its own timeline; which one a picture belongs to shows in its times. Pure. */
import type { VideoPacket } from '@murmuration/shared/media/media-message.ts';

/** The origin of one source may seem to move by this much, as capture stamps jitter. */
const TOLERANCE_MS = 1_000;

/** The host's clock, in ms, when the source of this picture began. */
export const originOf = ({ capturedAtMs, ptsUs, leadUs }: VideoPacket): number =>
  capturedAtMs - (ptsUs - leadUs) / 1_000;

export const isSameSource = (aMs: number, bMs: number): boolean => Math.abs(aMs - bMs) <= TOLERANCE_MS;
