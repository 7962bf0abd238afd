/** The trees of a host and a few viewers, and one viewer whose neighbours are no machines: what they say is put in by hand. */
import type { PeerId } from '../src/lib/ids.ts';
import type { Forest } from '../src/relay/forest.ts';
import type { RelayOutput } from '../src/relay/relay-contract.ts';
import { MessageType } from '../src/wire/message-type.ts';
import type { RelayMessage } from '../src/wire/relay-messages.ts';
import type { RefusalReason, Subscribe, Vacancy } from '../src/wire/tree-messages.ts';
import { EPOCH, openSlots } from './frames.ts';
import { peerOf } from './ids.ts';
import { HOST, RelayLoop, range } from './relay-loop.ts';

export const STRIPES = 4;
export const [A, B, NEWCOMER, MALLORY] = [1, 2, 50, 66].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];

export const forestOf = (loop: RelayLoop, id: PeerId) => loop.member(id).relay.forest as Forest;
export const parentsOf = (loop: RelayLoop, id: PeerId) =>
  forestOf(loop, id).trees.map(({ parent }) => parent);

/** A viewer comes, and has a link to each of these. */
export function join(loop: RelayLoop, id: PeerId, neighbours: readonly PeerId[], slots = 3): void {
  loop.add(id, { slots });
  for (const neighbour of neighbours) loop.connect(id, neighbour);
}

export function hosted(slots = 3, stripes = STRIPES): RelayLoop {
  const loop = new RelayLoop();
  loop.add(HOST, { slots });
  loop.beacon({ stripes });
  return loop;
}

/** host — A, and at A neighbours that are no machines: what they say is put in by hand. */
export function viewer(options: { slots?: number; stripes?: number; neighbours?: number } = {}) {
  const { slots = 3, stripes = STRIPES, neighbours = 0 } = options;
  const loop = hosted(3, stripes);
  join(loop, A, [HOST], slots);
  loop.run(1_000);
  const peers = range(100, 100 + neighbours).map(peerOf);
  for (const peer of [...peers, NEWCOMER, MALLORY]) loop.input(A, { type: 'peer-up', peer });
  const forest = forestOf(loop, A);
  const own = forest.ownStripe ?? -1;
  const say = (peer: PeerId, message: RelayMessage) => loop.input(A, { type: 'message', peer, message });
  const subscribe = (peer: PeerId, how: Partial<Subscribe> = {}) =>
    say(peer, {
      type: MessageType.subscribe,
      epoch: EPOCH,
      stripe: own,
      fromSeq: undefined,
      interior: false,
      makeshift: false,
      starving: false,
      ...how,
    });
  const unsubscribe = (peer: PeerId, stripe = own) =>
    say(peer, { type: MessageType.unsubscribe, epoch: EPOCH, stripe });
  const tell = (peer: PeerId, places: readonly Vacancy[], stripe = own) =>
    say(peer, { type: MessageType.vacancies, epoch: EPOCH, stripe, places });
  /** Neighbours take every place in its own stripe. */
  const fill = () => {
    const leaves = peers.slice(0, forest.freeSlots);
    for (const leaf of leaves) subscribe(leaf);
    return leaves;
  };
  const childrenIn = (stripe: number) => [...(forest.trees[stripe]?.children.keys() ?? [])];
  return { loop, forest, own, peers, subscribe, unsubscribe, tell, fill, childrenIn };
}

export const accepts = (outputs: readonly RelayOutput[]) =>
  outputs.some((output) => output.type === 'send' && output.message.type === MessageType.subscribed);

/** Who was refused, or asked to make room, and where it was sent. */
export const refusals = (outputs: readonly RelayOutput[], reason: RefusalReason) =>
  outputs.flatMap((output) =>
    output.type === 'send' && output.message.type === MessageType.refused && output.message.reason === reason
      ? [{ peer: output.peer, alternatives: output.message.alternatives }]
      : [],
  );

export const sentBy = (loop: RelayLoop, id: PeerId, since = 0) =>
  loop.sent.slice(since).flatMap(({ from, output }) => (from === id ? [output] : []));

export const vacancy = (number: number, depth = 1, slots = openSlots(2)): Vacancy => ({
  peer: peerOf(number),
  depth,
  slots,
});
