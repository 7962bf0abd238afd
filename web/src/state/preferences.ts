/** What the page remembers between visits. Stored values are checked when read: an old or damaged one falls back to its default. */
import type { Storage } from '@murmuration/shared/node/ports.ts';
import type { SourceChoice } from '../media/source.ts';
import { SLOTS_MAX } from '../session/stream-link.ts';
import { fitTitle } from '../session/stream-title.ts';

/** What the page offers; streams come only from applications that use the package. */
export type SourceKind = Exclude<SourceChoice['kind'], 'stream'>;

export interface Preferences {
  /** Viewers that a host serves directly at most, 1 to 16. Default 3. */
  readonly hostSlots: number;
  /** Viewers that a viewer passes the stream on to at most, 0 to 16. Default 3; 0 is watch only. */
  readonly viewerSlots: number;
  /** What a viewer uploads at most for that, in Mbit/s, 0.1 to 1,000; undefined, the default: what is usual, 10. */
  readonly uploadMbitMax: number | undefined;
  /** Pass on over connections that cost by volume. Default false. */
  readonly shareWhenMetered: boolean;
  /** The notice about watching together was read. Default false. */
  readonly sharingNoticed: boolean;
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
  uploadMbitMax: undefined,
  shareWhenMetered: false,
  sharingNoticed: false,
  volume: 1,
  title: '',
  source: 'pattern',
  bitsPerSecond: undefined,
  uploadBitsPerSecond: undefined,
  camera: undefined,
  microphone: undefined,
};

export const UPLOAD_MBIT_MIN = 0.1;
export const UPLOAD_MBIT_MAX = 1_000;

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
  const { hostSlots, viewerSlots, uploadMbitMax, volume, title, source, bitsPerSecond, uploadBitsPerSecond } =
    given;
  return {
    hostSlots: isCount(hostSlots, 1) ? hostSlots : defaultPreferences.hostSlots,
    viewerSlots: isCount(viewerSlots, 0) ? viewerSlots : defaultPreferences.viewerSlots,
    uploadMbitMax: isUpload(uploadMbitMax) ? uploadMbitMax : defaultPreferences.uploadMbitMax,
    shareWhenMetered: given.shareWhenMetered === true,
    sharingNoticed: given.sharingNoticed === true,
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

const isUpload = (value: unknown): value is number =>
  typeof value === 'number' && value >= UPLOAD_MBIT_MIN && value <= UPLOAD_MBIT_MAX;

type KeptStorage = Storage & { durable?(): Promise<boolean> };

/** The preferences of this page, in memory and kept. */
export class PreferenceStore {
  #value: Preferences;
  readonly #storage: KeptStorage;
  /** False if the browser keeps nothing for this page: then they hold until it is closed. */
  readonly kept: boolean;

  private constructor(storage: KeptStorage, value: Preferences, kept: boolean) {
    this.#storage = storage;
    this.#value = value;
    this.kept = kept;
  }

  /** Reads what is kept; the defaults if the browser keeps nothing for this page. */
  static async open(storage: KeptStorage): Promise<PreferenceStore> {
    const stored = await storage.get(KEY).catch(() => undefined);
    const kept = (await storage.durable?.().catch(() => false)) ?? true;
    return new PreferenceStore(storage, readPreferences(stored), kept);
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
