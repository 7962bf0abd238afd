/** What the page remembers between visits. Stored values are checked when read: an old or damaged one falls back to its default. */
import type { Storage } from '@murmuration/shared/node/ports.ts';
import type { SourceChoice } from '../media/source.ts';
import { SLOTS_MAX } from '../session/stream-link.ts';
import { fitTitle } from '../session/stream-title.ts';

export type SourceKind = SourceChoice['kind'];

export interface Preferences {
  /** Viewers that a host serves directly at most, 1 to 16. Default 3. */
  readonly hostSlots: number;
  /** Viewers that a viewer passes the stream on to at most, 0 to 16. Default 3; 0 is watch only. */
  readonly viewerSlots: number;
  /** 0 to 1. Default 1. Sound still starts muted: browsers want a tap first. */
  readonly volume: number;
  readonly title: string;
  readonly source: SourceKind;
  /** Bit/s of a stream's picture and sound; undefined: what the machine encodes without trouble. */
  readonly bitsPerSecond: number | undefined;
  /** Bit/s that a host uploads at most, in whole Mbit/s; undefined: no limit but the copies. */
  readonly uploadBitsPerSecond: number | undefined;
  /** Ids of the devices chosen last; undefined: the browser's choice. The microphone may be `none`. */
  readonly camera: string | undefined;
  readonly microphone: string | undefined;
}

export const defaultPreferences: Preferences = {
  hostSlots: 3,
  viewerSlots: 3,
  volume: 1,
  title: '',
  source: 'pattern',
  bitsPerSecond: undefined,
  uploadBitsPerSecond: undefined,
  camera: undefined,
  microphone: undefined,
};

const KEY = 'preferences';
const sources: readonly unknown[] = [
  'pattern',
  'camera',
  'microphone',
  'screen',
  'file',
] satisfies SourceKind[];
/** Browsers name devices with 64 letters; nothing needs more. */
const DEVICE_ID_LETTERS_MAX = 256;

/** Makes whatever was stored into preferences. */
export function readPreferences(stored: unknown): Preferences {
  const given =
    typeof stored === 'object' && stored !== null ? (stored as { [K in keyof Preferences]?: unknown }) : {};
  const { hostSlots, viewerSlots, volume, title, source, bitsPerSecond, uploadBitsPerSecond } = given;
  return {
    hostSlots: isCount(hostSlots, 1) ? hostSlots : defaultPreferences.hostSlots,
    viewerSlots: isCount(viewerSlots, 0) ? viewerSlots : defaultPreferences.viewerSlots,
    volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : defaultPreferences.volume,
    title: typeof title === 'string' ? fitTitle(title) : defaultPreferences.title,
    source: sources.includes(source) ? (source as SourceKind) : defaultPreferences.source,
    bitsPerSecond: isRate(bitsPerSecond) ? bitsPerSecond : undefined,
    uploadBitsPerSecond: isRate(uploadBitsPerSecond) ? uploadBitsPerSecond : undefined,
    camera: isDeviceId(given.camera) ? given.camera : undefined,
    microphone: isDeviceId(given.microphone) ? given.microphone : undefined,
  };
}

const isRate = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

const isDeviceId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= DEVICE_ID_LETTERS_MAX;

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
