/** What the page remembers between visits. Stored values are checked when read: an old or damaged one falls back to its default. */
import type { Storage } from '@murmuration/shared/node/ports.ts';
import { SLOTS_MAX } from '../session/stream-link.ts';
import { fitTitle } from '../session/stream-title.ts';

export type SourceKind = 'pattern' | 'camera' | 'file';

export interface Preferences {
  /** Viewers that a host serves directly at most, 1 to 16. Default 3. */
  readonly hostSlots: number;
  /** Viewers that a viewer passes the stream on to at most, 0 to 16. Default 3; 0 is watch only. */
  readonly viewerSlots: number;
  /** 0 to 1. Default 1. Sound still starts muted: browsers want a tap first. */
  readonly volume: number;
  readonly title: string;
  readonly source: SourceKind;
}

export const defaultPreferences: Preferences = {
  hostSlots: 3,
  viewerSlots: 3,
  volume: 1,
  title: '',
  source: 'pattern',
};

const KEY = 'preferences';
const sources: readonly unknown[] = ['pattern', 'camera', 'file'] satisfies SourceKind[];

/** Makes whatever was stored into preferences. */
export function readPreferences(stored: unknown): Preferences {
  const given =
    typeof stored === 'object' && stored !== null ? (stored as { [K in keyof Preferences]?: unknown }) : {};
  const { hostSlots, viewerSlots, volume, title, source } = given;
  return {
    hostSlots: isCount(hostSlots, 1) ? hostSlots : defaultPreferences.hostSlots,
    viewerSlots: isCount(viewerSlots, 0) ? viewerSlots : defaultPreferences.viewerSlots,
    volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : defaultPreferences.volume,
    title: typeof title === 'string' ? fitTitle(title) : defaultPreferences.title,
    source: sources.includes(source) ? (source as SourceKind) : defaultPreferences.source,
  };
}

const isCount = (value: unknown, min: number): value is number =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= SLOTS_MAX;

/** The preferences of this page, in memory and kept. */
export class PreferenceStore {
  #value: Preferences;
  readonly #storage: Storage;

  private constructor(storage: Storage, value: Preferences) {
    this.#storage = storage;
    this.#value = value;
  }

  /** Reads what is kept; the defaults if the browser keeps nothing for this page. */
  static async open(storage: Storage): Promise<PreferenceStore> {
    const stored = await storage.get(KEY).catch(() => undefined);
    return new PreferenceStore(storage, readPreferences(stored));
  }

  get value(): Preferences {
    return this.#value;
  }

  /** Changes some. A browser that refuses storage just forgets them later: nothing depends on it. */
  change(part: Partial<Preferences>): void {
    this.#value = { ...this.#value, ...part };
    this.#storage.set(KEY, this.#value).catch(() => undefined);
  }
}
