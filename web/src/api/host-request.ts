/** What programs give to `host`, looked at before anything is opened: they need not be written in TypeScript. Pure. */
import type { SourceChoice } from '../media/source.ts';
import type { HostOptions } from '../session/host-session.ts';
import { SessionError } from '../session/session-error.ts';
import { SLOTS_MAX } from '../session/stream-link.ts';
import { defaultPreferences } from '../state/preferences.ts';
import type { HostSource, HostStreamOptions } from './contract.ts';
import { supernodeSocket } from './embed-target.ts';

const NAMED: readonly unknown[] = ['pattern', 'camera', 'microphone', 'screen'];

/** Below this no sound is left beside a picture. */
const BITS_PER_SECOND_MIN = 100_000;

/** Throws SessionError for what is no source. */
export function sourceChoice(source: HostSource): SourceChoice {
  if (source instanceof Blob)
    return { kind: 'file', file: source, name: source instanceof File ? source.name : 'a file' };
  // Not by its class, which is another one for a stream that was made in a frame.
  if (isObject(source) && 'getVideoTracks' in source) return { kind: 'stream', stream: source };
  const choice: unknown = typeof source === 'string' ? { kind: source } : source;
  if (isObject(choice) && 'kind' in choice && NAMED.includes(choice.kind)) return choice as SourceChoice;
  throw new SessionError('bad-source');
}

/** @param here where this page comes from. Throws SessionError for options that are none. */
export function hostOptions(options: HostStreamOptions, here: string): HostOptions {
  const { supernodes = [here], title = '', slots = defaultPreferences.hostSlots } = options;
  if (!Array.isArray(supernodes) || supernodes.length === 0)
    throw badOption('supernodes has to be a list of one or more addresses, such as https://live.example.');
  if (typeof title !== 'string') throw badOption('title has to be text.');
  return {
    supernodes: supernodes.map(supernodeSocket),
    title,
    slots: Math.min(SLOTS_MAX, Math.max(1, Math.floor(slots) || 1)),
    uploadBitsPerSecond: bitrate('uploadBitsPerSecond', options.uploadBitsPerSecond),
  };
}

/** The value as it is. Throws SessionError if it is no bitrate. @param name of the option */
export function bitrate(name: keyof HostStreamOptions, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isFinite(value) && value >= BITS_PER_SECOND_MIN)) return value;
  throw badOption(`${name} has to be a number of bit/s, 100000 at least, or left out.`);
}

const badOption = (message: string): SessionError => new SessionError('bad-option', { message });

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
