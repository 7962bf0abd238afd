/**
 * Where the processor time, or the memory that was allocated, of a stretch of work went, by room of the house, as V8's own samplers
 * see it. Left out of the memory: the bytes of larger arrays, which lie outside the heap of objects.
 */
import { type HeapProfiler, type Profiler, Session } from 'node:inspector/promises';

export const ProfileKind = { cpu: 'cpu', allocations: 'allocations' } as const;
export type ProfileKind = (typeof ProfileKind)[keyof typeof ProfileKind];

/** Amounts by room, the largest first: µs of self time, or bytes. */
export type Shares = readonly (readonly [room: string, amount: number])[];

const CPU_SAMPLE_MICROS = 200;
const ALLOCATION_SAMPLE_BYTES = 16 * 1_024;

/** Starts to sample this thread; the answer stops it. */
export async function startProfile(kind: ProfileKind): Promise<() => Promise<Shares>> {
  const session = new Session();
  session.connect();
  if (kind === ProfileKind.allocations) {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: ALLOCATION_SAMPLE_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    return async () => allocationsByRoom((await session.post('HeapProfiler.stopSampling')).profile);
  }
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: CPU_SAMPLE_MICROS });
  await session.post('Profiler.start');
  return async () => timeByRoom((await session.post('Profiler.stop')).profile);
}

function timeByRoom({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Shares {
  const roomOfNode = new Map(nodes.map(({ id, callFrame }) => [id, roomOf(callFrame)]));
  const amounts = new Map<string, number>();
  for (const [i, id] of samples.entries()) add(amounts, roomOfNode.get(id) ?? '', timeDeltas[i] ?? 0);
  return sorted(amounts);
}

function allocationsByRoom({ head }: HeapProfiler.SamplingHeapProfile): Shares {
  const amounts = new Map<string, number>();
  const visit = ({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode): void => {
    add(amounts, roomOf(callFrame), selfSize);
    children.forEach(visit);
  };
  visit(head);
  return sorted(amounts);
}

/** `relay/forest.ts` for a module of the core, `node:crypto` and the like for Node's own, `(garbage collector)` for V8's. */
function roomOf({ url, functionName }: { readonly url: string; readonly functionName: string }): string {
  const own = /\/(?:shared\/src|supernode)\/(.+)$/.exec(url)?.[1];
  if (own !== undefined) return own;
  if (url.startsWith('node:')) return `node:${url.split(/[:/]/)[2] ?? ''}`;
  return functionName;
}

function add(amounts: Map<string, number>, room: string, amount: number): void {
  amounts.set(room, (amounts.get(room) ?? 0) + amount);
}

const sorted = (amounts: ReadonlyMap<string, number>): Shares =>
  [...amounts].filter(([room]) => room !== '(idle)' && room !== '(root)').sort(([, a], [, b]) => b - a);
