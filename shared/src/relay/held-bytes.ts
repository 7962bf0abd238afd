/**
 * What the relay's tables take of memory, counted by the machine itself: about what V8 uses on 64 bits, rounded up. It is there to be
 * bounded, not to be exact: what hostile neighbours can make a node hold is measured with it (PROTOCOL.md R6).
 */

/** A Map or a Set without entries, and each entry, in bytes. */
export const TABLE_BYTES = 208;
export const ENTRY_BYTES = 48;
/** An object of a few fields, or a short array. */
export const OBJECT_BYTES = 72;
/** A text of the length of a peer's id, or less. */
export const TEXT_BYTES = 48;

export const tableBytes = (entries: number, bytesEach = 0): number =>
  TABLE_BYTES + entries * (ENTRY_BYTES + bytesEach);
