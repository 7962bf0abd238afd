/** The figures of `sim forest` in words, and whether they are what is asked for. */
import type { ForestFigures } from './forest-stage.ts';
import type { Limit } from './scenarios.ts';

export interface FigureRow {
  readonly figure: keyof ForestFigures;
  readonly unit: string;
  readonly meaning: string;
  /** Which end is the worst one. Default: the most. */
  readonly worst?: 'least';
}

export const figureRows: readonly FigureRow[] = [
  { figure: 'deliveredRatio', unit: '', meaning: '(message, viewer) pairs delivered / due', worst: 'least' },
  { figure: 'lostFrames', unit: '', meaning: 'pairs never delivered' },
  {
    figure: 'bitsPerSecond',
    unit: 'bit/s',
    meaning: 'stream at the end: what the swarm can carry',
    worst: 'least',
  },
  { figure: 'forgedAccepted', unit: '', meaning: 'forged messages delivered' },
  { figure: 'deliveredP50Ms', unit: 'ms', meaning: 'publish to delivery, median' },
  { figure: 'deliveredP99Ms', unit: 'ms', meaning: 'publish to delivery, 99th percentile' },
  { figure: 'redundancy', unit: '', meaning: 'payload received / useful' },
  { figure: 'controlRatio', unit: '', meaning: 'control bytes / all bytes' },
  { figure: 'hostUploadMean', unit: '× stream', meaning: 'host upload, mean' },
  { figure: 'hostUploadPeak', unit: '× stream', meaning: 'host upload, busiest second' },
  { figure: 'uploadMax', unit: '× stream', meaning: 'upload of the busiest viewer' },
  { figure: 'uploadJain', unit: '', meaning: "Jain's index of bytes per offered slot", worst: 'least' },
  { figure: 'depthMax', unit: 'hops', meaning: 'deepest place in a tree' },
  { figure: 'unconfirmedRatio', unit: '', meaning: 'frames delivered without enough votes' },
  { figure: 'parentLossExtraP50Ms', unit: 'ms', meaning: 'a parent gone: worst extra delay, median' },
  { figure: 'parentLossExtraP99Ms', unit: 'ms', meaning: 'the same, 99th percentile' },
  { figure: 'stallsPerHour', unit: '', meaning: 'stalls of a viewer in an hour' },
  { figure: 'recoverMs', unit: 'ms', meaning: 'survivors near the host again after' },
  { figure: 'starvedStripeSeconds', unit: 's', meaning: 'stripes starved beside free slots, in all' },
];

export const isMet = (value: number, limit: Limit): boolean =>
  'most' in limit ? value <= limit.most : value >= limit.least;

export const inWords = (limit: Limit): string => ('most' in limit ? `≤ ${limit.most}` : `≥ ${limit.least}`);

export const figureText = (value: number): string => String(Number(value.toFixed(value < 100 ? 3 : 0)));
