/** What the commands that run a peer share: flags, progress, and how they end. */
import { parseArgs } from 'node:util';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { Container } from '../media/container-kinds.ts';
import { supernodeUrl } from '../peer/supernode-address.ts';
import { Framing } from './message-framing.ts';

export const Exit = { done: 0, failed: 1, usage: 2, notFound: 3 } as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

/** Flags or words that make no sense. `message` says what they take. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What `watch` writes. */
type Format = Container | 'messages';

const SLOTS_MAX = 16;
const PROGRESS_EVERY_MS = 5_000;

export interface PeerFlags {
  /** Without flags. */
  readonly words: readonly string[];
  /** WebSocket URLs. */
  readonly supernodes: readonly string[];
  readonly slots: number | undefined;
  readonly bind: string | undefined;
  /** Trees of a stream that is hosted. */
  readonly stripes: number | undefined;
  readonly framing: Framing;
  readonly output: string | undefined;
  /** What to write; undefined if the file's name is to say. */
  readonly format: Format | undefined;
  /** Undefined if none is given. */
  readonly title: string | undefined;
  /** The file that keeps the stream's key; undefined: a new one each time. */
  readonly key: string | undefined;
  /** Begin the file again at its end. */
  readonly loop: boolean;
  /** End after so many. */
  readonly messages: number;
  readonly seconds: number;
  /** How long a stream may take to be found, in seconds. */
  readonly within: number;
  /** How long the host may keep silent, in seconds. */
  readonly wait: number;
  readonly json: boolean;
  readonly help: boolean;
}

export const peerFlagsHelp = `  --supernode <address>  host:port or URL; repeatable
  --slots <n>            copies of the stream that this node passes on at most, 0 to ${SLOTS_MAX} [3]
  --bind <address>       address on which peers are linked [all]
  --seconds <n>          end after so many
  --within <n>           seconds that a stream may take to be found [20]
  --json                 standard output holds JSON only, the result as its last line
  --help

Progress and errors go to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 stream or supernode not found.`;

export function readPeerFlags(args: readonly string[]): PeerFlags {
  const { values, positionals } = parsed(args);
  const framing = values.framing ?? Framing.lines;
  if (framing !== Framing.lines && framing !== Framing.length) {
    throw new UsageError(`--framing is lines or length, not “${framing}”.`);
  }
  return {
    words: positionals,
    supernodes: (values.supernode ?? []).map((text) => {
      const url = supernodeUrl(text);
      if (url === undefined) throw new UsageError(`--supernode takes host:port or a URL, not “${text}”.`);
      return url;
    }),
    slots: values.slots === undefined ? undefined : numberOf('slots', values.slots, SLOTS_MAX),
    bind: values.bind,
    stripes:
      values.stripes === undefined ? undefined : numberOf('stripes', values.stripes, limits.stripesMax, 1),
    framing,
    output: values.output,
    format: formatOf(values.format),
    title: values.title,
    key: values.key,
    loop: values.loop,
    messages: numberOf('messages', values.messages, Number.MAX_SAFE_INTEGER) || Number.POSITIVE_INFINITY,
    seconds: numberOf('seconds', values.seconds, 10_000_000) || Number.POSITIVE_INFINITY,
    within: numberOf('within', values.within, 86_400),
    wait: numberOf('wait', values.wait, 86_400, 5),
    json: values.json,
    help: values.help,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        supernode: { type: 'string', multiple: true },
        slots: { type: 'string' },
        bind: { type: 'string' },
        stripes: { type: 'string' },
        framing: { type: 'string' },
        format: { type: 'string' },
        output: { type: 'string', short: 'o' },
        title: { type: 'string' },
        key: { type: 'string' },
        loop: { type: 'boolean', default: false },
        messages: { type: 'string', default: '0' },
        seconds: { type: 'string', default: '0' },
        within: { type: 'string', default: '20' },
        wait: { type: 'string', default: '15' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function formatOf(text: string | undefined): Format | undefined {
  if (text === undefined || text === 'messages') return text;
  const container = Object.values(Container).find((known) => known === text);
  if (container === undefined) throw new UsageError(`--format is mkv, webm, mp4 or messages, not “${text}”.`);
  return container;
}

function numberOf(flag: string, text: string, max: number, min = 0): number {
  const number = Number(text);
  if (/^\d{1,16}$/.test(text) && number >= min && number <= max) return number;
  throw new UsageError(`--${flag} takes a whole number from ${min} to ${max}, not “${text}”.`);
}

/** Writes a line of progress now and then; returns how to stop. */
export function reportProgress(words: () => string): () => void {
  const timer = setInterval(() => console.error(words()), PROGRESS_EVERY_MS);
  return () => clearInterval(timer);
}

/** Resolves at the first signal to stop, when the time is over, or when `end` is called. */
export function untilTold(seconds: number): { readonly told: Promise<void>; end(): void } {
  let end = (): void => {};
  const told = new Promise<void>((resolve) => {
    end = resolve;
  });
  const timer = Number.isFinite(seconds) ? setTimeout(end, seconds * 1_000) : undefined;
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  void told.then(() => {
    clearTimeout(timer);
    process.removeListener('SIGINT', end);
    process.removeListener('SIGTERM', end);
  });
  return { told, end };
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Minutes and seconds, with hours where there are any. */
export function playTime(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
