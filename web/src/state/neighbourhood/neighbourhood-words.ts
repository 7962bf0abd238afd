/** The picture of one's own neighbourhood in words: for those who do not see it, and for what is pointed at. */
import { shortId } from '@murmuration/shared/lib/ids.ts';
import { counted, readableBitRate, readableDelay } from '../readable-numbers.ts';
import { type Mesh, names } from '../swarm-figures.ts';
import type { SeatedNeighbour } from './neighbourhood.ts';

/** `I am linked with 5 peers and 1 supernode. Sent to me by abc123 (host). Passed on to nobody yet.` */
export function meshWords({ neighbours, isHost }: Mesh): string {
  const supernodes = neighbours.filter(({ kind }) => kind === 'supernode').length;
  const linked = `I am linked with ${counted(neighbours.length - supernodes, 'peer')} and ${counted(supernodes, 'supernode')}.`;
  const parents = names(neighbours.filter(({ partsIn }) => partsIn > 0));
  const children = names(neighbours.filter(({ partsOut }) => partsOut > 0));
  return isHost
    ? `${linked} Sent to ${children}.`
    : `${linked} Sent to me by ${parents}. Passed on to ${children}.`;
}

const kindWords = {
  host: 'the host',
  viewer: 'a viewer',
  supernode: 'a supernode',
  outsider: 'in another stream',
} as const;

export interface NeighbourWords {
  readonly name: string;
  /** `a viewer, 67 ms away` */
  readonly about: string;
  /** What goes over the link, one thing each; never empty. */
  readonly traffic: readonly { readonly direction: 'in' | 'out' | undefined; readonly words: string }[];
}

/** @param stripes trees of the stream */
export function neighbourWords(neighbour: SeatedNeighbour, stripes: number): NeighbourWords {
  const { kind, rttMs, partsIn, partsOut } = neighbour;
  const part = (parts: number): string => (parts === stripes ? 'the stream' : `${parts} of ${stripes} parts`);
  const traffic: NeighbourWords['traffic'][number][] = [];
  if (partsIn > 0)
    traffic.push({
      direction: 'in',
      words: `sends me ${part(partsIn)}: ${readableBitRate(neighbour.bitsPerSecondIn)}`,
    });
  if (partsOut > 0)
    traffic.push({
      direction: 'out',
      words: `gets ${part(partsOut)}: ${readableBitRate(neighbour.bitsPerSecondOut)}`,
    });
  if (traffic.length === 0) traffic.push({ direction: undefined, words: idleWords[kind] });
  return {
    name: shortId(neighbour.peer),
    about: rttMs === undefined ? kindWords[kind] : `${kindWords[kind]}, ${readableDelay(rttMs)} away`,
    traffic,
  };
}

const idleWords = {
  host: 'sends me nothing directly',
  viewer: 'nothing goes over this link now',
  supernode: 'introduces peers, carries no picture',
  outsider: 'a bridge between the two streams',
} as const;
