/**
 * What the gateway is asked to do, read from the bodies of its requests (thesis 3.5.3). The thesis names the contents of a body and not
 * its keys: the names here are those of the answers, and keys count however they are written (`MaxResourceSize`, `max_resource_size`,
 * `maxSize`). Reading never throws.
 */
import { supernodeUrl } from '../peer/supernode-address.ts';

export const requestLimits = {
  bodyBytesMax: 64 * 1024,
  /** Of a list of trackers the first eight are used; a list of more than this is no list of trackers. */
  trackersMax: 64,
  /** Characters of a key's name. */
  keyNameMax: 32,
} as const;

export interface HostRequest {
  /** WebSocket URLs, at least one. */
  readonly trackers: readonly string[];
  /** Bytes of the largest message: a whole number above 0, of any size. */
  readonly maxResourceSize: number;
  /** Name of the key under which the stream keeps its id; undefined: a new stream. Letters, digits, _ and -. */
  readonly key: string | undefined;
}

export interface JoinRequest {
  readonly trackers: readonly string[];
  /** Any text. */
  readonly resourceId: string;
}

export interface HostSuperRequest {
  /** Supernodes to link to; may be none. */
  readonly trackers: readonly string[];
  /** 0: any that is free. */
  readonly port: number;
}

/** Spellings, without case and separators; the first one is what the documentation says. */
const SPELLINGS = {
  trackers: ['trackers', 'trackernodes', 'trackeraddresses', 'trackeraddrs', 'supernodes'],
  maxResourceSize: [
    'maxresourcesize',
    'maximumresourcesize',
    'maxsize',
    'maximumsize',
    'resourcesize',
    'size',
  ],
  resourceId: ['resourceid', 'resource', 'streamid', 'id'],
  port: ['port', 'tcpserverport'],
  key: ['key', 'keyname'],
} as const;

type Field = keyof typeof SPELLINGS;

/** Undefined: the body is not what the path takes. */
export function readHost(body: string): HostRequest | undefined {
  const fields = readFields(body);
  const trackers = readTrackers(fields?.trackers);
  const { maxResourceSize, key } = fields ?? {};
  if (trackers === undefined || trackers.length === 0) return undefined;
  if (typeof maxResourceSize !== 'number' || !Number.isSafeInteger(maxResourceSize) || maxResourceSize < 1) {
    return undefined;
  }
  if (key !== undefined && !isKeyName(key)) return undefined;
  return { trackers, maxResourceSize, key };
}

export function readJoin(body: string): JoinRequest | undefined {
  const fields = readFields(body);
  const trackers = readTrackers(fields?.trackers);
  const resourceId = fields?.resourceId;
  if (trackers === undefined || trackers.length === 0 || typeof resourceId !== 'string') return undefined;
  return { trackers, resourceId };
}

/** The body may be left out. */
export function readHostSuper(body: string): HostSuperRequest | undefined {
  const fields = body.trim() === '' ? {} : readFields(body);
  if (fields === undefined) return undefined;
  const trackers = readTrackers(fields.trackers ?? []);
  const port = fields.port ?? 0;
  if (trackers === undefined || typeof port !== 'number' || !Number.isInteger(port)) return undefined;
  return port >= 0 && port <= 65_535 ? { trackers, port } : undefined;
}

/** The id of the instance to stop. */
export function readStop(body: string): string | undefined {
  const value = parsed(body);
  return typeof value === 'string' ? value : undefined;
}

/** Known fields by name; undefined if the body is no object, or says one thing twice. */
function readFields(body: string): Partial<Record<Field, unknown>> | undefined {
  const value = parsed(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const fields: Partial<Record<Field, unknown>> = {};
  for (const [key, content] of Object.entries(value)) {
    const plain = key.toLowerCase().replace(/[^a-z]/g, '');
    const field = (Object.keys(SPELLINGS) as Field[]).find((name) =>
      (SPELLINGS[name] as readonly string[]).includes(plain),
    );
    if (field === undefined) continue;
    if (field in fields) return undefined;
    fields[field] = content;
  }
  return fields;
}

const isKeyName = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w-]+$/.test(value) && value.length <= requestLimits.keyNameMax;

function readTrackers(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length > requestLimits.trackersMax) return undefined;
  const urls: string[] = [];
  for (const each of value as unknown[]) {
    const url = typeof each === 'string' ? supernodeUrl(each) : undefined;
    if (url === undefined) return undefined;
    urls.push(url);
  }
  return [...new Set(urls)];
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
