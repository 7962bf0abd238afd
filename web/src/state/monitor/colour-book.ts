/**
 * Which colour a subnetwork has: the same in all plots and in the picture, as long as the page is open, and usually the same again later.
 * No two have the same. A slot below {@link NAMED_COLOURS} is one of the style sheet's, those beyond are mixed.
 */
import type { ShortName } from '@murmuration/shared/monitor/feed-messages.ts';

export const NAMED_COLOURS = 12;
/** Streams come and go for as long as a page is open. */
const NAMES_MAX = 1_000;

export class ColourBook {
  readonly #slots = new Map<ShortName, number>();

  /** Gives out slots in the order of the names: the largest first. */
  assign(names: Iterable<ShortName>): void {
    for (const name of names) this.slotOf(name);
  }

  slotOf(name: ShortName): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const taken = new Set(this.#slots.values());
    const first = hash(name) % NAMED_COLOURS;
    let slot = NAMED_COLOURS;
    for (let step = 0; step < NAMED_COLOURS; step++) {
      const candidate = (first + step) % NAMED_COLOURS;
      if (taken.has(candidate)) continue;
      slot = candidate;
      break;
    }
    while (taken.has(slot)) slot++;
    if (this.#slots.size >= NAMES_MAX) this.#slots.clear();
    this.#slots.set(name, slot);
    return slot;
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}

/** A colour for a slot beyond the named ones: neighbours in number are far apart in hue. */
export const mixedColour = (slot: number, isDark: boolean): string =>
  `hsl(${((slot * 137.508) % 360).toFixed(0)} ${isDark ? '60% 70%' : '55% 38%'})`;
