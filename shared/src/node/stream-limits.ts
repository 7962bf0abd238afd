/** Whether a stream is one that this node can take part in (thesis 3.5.1: a joining node validates the stream and its limits). */

import type { Beacon } from '../wire/beacon.ts';
import { limits } from '../wire/limits.ts';

/** A host may announce smaller messages than the protocol allows, and none that are larger: nobody could put them together. */
export const fitsLimits = ({ messageBytesMax, stripes }: Beacon): boolean =>
  messageBytesMax >= 1 && messageBytesMax <= limits.messageBytesMax && stripes <= limits.stripesMax;
