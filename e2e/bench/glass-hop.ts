// How glass to glass is measured in either browser, and what the pixels of one viewer say about the way from the host's glass to its own.

import type { ProbeReading } from '../support/picture-probe.ts';

export const PLAYOUT_DELAY_MS = 60;
/** Joining leaves a burst behind that is none of the stream's pace. */
export const SETTLE_MS = 3_000;
/** 300 pictures. */
export const SAMPLING_MS = 10_000;
const SAMPLES_MIN = 20;

export interface Hop {
  /** Painted here minus painted there, ms. */
  readonly delaysMs: readonly number[];
  /** Pictures shown. */
  readonly picturesPerSecond: number;
}

/** @param offsetMs the viewer's clock minus the host's */
export function hopOf({ painted }: ProbeReading, offsetMs: number): Hop {
  if (painted.length < SAMPLES_MIN) throw new Error(`Only ${painted.length} pictures were shown.`);
  const shownMs = (painted.at(-1)?.atMs ?? 0) - (painted[0]?.atMs ?? 0);
  return {
    delaysMs: painted.map(({ atMs, codeMs }) => atMs - codeMs - offsetMs),
    picturesPerSecond: ((painted.length - 1) * 1_000) / shownMs,
  };
}
