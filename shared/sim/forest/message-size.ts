/** How many bytes a message takes on the wire, without writing it: a run of ten thousand viewers sends a hundred million of them. */
import { ID_BYTES } from '../../src/lib/ids.ts';
import { VOTE_HASH_BYTES } from '../../src/wire/frame.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import { encodeRelayMessage, type RelayMessage } from '../../src/wire/relay-messages.ts';
import type { WorldMessage } from './relay-world-parts.ts';

/** Type and epoch. */
const HEAD = 1 + 6;
const SLOTS = 3;
/** Those that are large and come again and again, as the same object. */
const encoded = new WeakMap<RelayMessage, number>();

function encodedBytes(message: RelayMessage): number {
  let bytes = encoded.get(message);
  if (bytes === undefined) {
    bytes = encodeRelayMessage(message).length;
    encoded.set(message, bytes);
  }
  return bytes;
}

/** Without headers. A strategy's message names frames by 20 bytes each, as gossipsub's ids take about. */
export function messageBytes(message: WorldMessage): number {
  if ('kind' in message) return 8 + 20 * message.seqs.length;
  switch (message.type) {
    case MessageType.voteDigest:
      return HEAD + 4 + 1 + VOTE_HASH_BYTES;
    case MessageType.votes:
      return HEAD + 4 + 2 + (2 + VOTE_HASH_BYTES) * message.votes.length;
    case MessageType.pull:
    case MessageType.pullMissing:
      return HEAD + 4 + 2 + 2 * message.seqs.length;
    case MessageType.subscribe:
      return HEAD + 1 + 1 + 4;
    case MessageType.subscribed:
      return HEAD + 1 + 4 + 1 + ID_BYTES * message.path.length;
    case MessageType.refused:
      return HEAD + 1 + 1 + 1 + ID_BYTES * message.alternatives.length;
    case MessageType.unsubscribe:
      return HEAD + 1;
    case MessageType.advert:
      return HEAD + 1 + 1 + SLOTS + 1 + ID_BYTES * message.path.length;
    case MessageType.census:
      return HEAD + 1 + 3 * 4;
    case MessageType.vacancies:
      return HEAD + 1 + 1 + (ID_BYTES + 1 + SLOTS) * message.places.length;
    default:
      return encodedBytes(message);
  }
}
