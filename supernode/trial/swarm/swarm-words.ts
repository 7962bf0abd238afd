/** What the processes of `pnpm bench swarm` say to each other. */
import type { StreamId } from '@murmuration/shared/lib/ids.ts';

/** Counters of one viewer. */
export interface ViewerCounts {
  readonly payloadIn: number;
  readonly payloadUseful: number;
  readonly payloadOut: number;
  readonly bytesOut: number;
  readonly controlBytesOut: number;
  readonly confirmed: number;
  readonly unconfirmed: number;
  /** Messages of the window that were delivered. */
  readonly delivered: number;
  readonly depth: number | undefined;
  readonly links: number;
}

export type Order =
  | {
      readonly type: 'join';
      readonly stream: StreamId;
      readonly supernodes: readonly string[];
      readonly count: number;
      readonly withinMs: number;
      /** Where the CPU profile of the window goes; undefined: nowhere. */
      readonly profile: string | undefined;
    }
  /** Messages from this number on count. */
  | { readonly type: 'open'; readonly fromNumber: number }
  /** And up to this one, alone. */
  | { readonly type: 'close'; readonly toNumber: number };

export type Answer =
  | { readonly type: 'joined'; readonly joined: number }
  | { readonly type: 'opened'; readonly viewers: readonly ViewerCounts[] }
  | {
      readonly type: 'closed';
      readonly viewers: readonly ViewerCounts[];
      /** Deliveries that took so many ms; the last one: so many or more. */
      readonly latencies: readonly number[];
      readonly cpuSeconds: number;
      /** How much the process grew for its viewers. */
      readonly memoryBytes: number;
    };

export const LATENCY_MS_MAX = 10_000;
