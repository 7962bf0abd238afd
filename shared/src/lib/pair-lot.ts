import type { PeerId } from './ids.ts';

/**
 * A number that both peers of a pair draw alike, and that differs from pair to pair: a 32-bit FNV-1a hash (Fowler, Noll, Vo) over both
 * ids, the smaller first. For choices that should be spread, never for secrets.
 */
export function pairLot(a: PeerId, b: PeerId): number {
  const text = a < b ? a + b : b + a;
  let lot = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) lot = Math.imul(lot ^ text.charCodeAt(i), 0x01000193);
  return lot >>> 0;
}
