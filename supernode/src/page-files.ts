/**
 * The built page, read into memory once: a request only ever picks from a map, so no path reaches the disk, and a page that
 * is built anew meanwhile disturbs nobody. Text is compressed here, once. Left out: ranges, directories, hidden files.
 */
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** One file, ready to be sent. */
export interface PageFile {
  readonly type: string;
  /** Strong validator (RFC 9110, section 8.8.3), of the plain bytes. */
  readonly etag: string;
  /** The name holds a hash of the content, so it may be kept for ever. */
  readonly immutable: boolean;
  /** Pages of other origins may load it. */
  readonly embeddable: boolean;
  /** By content coding; `identity` is always there. */
  readonly bodies: { readonly identity: Buffer; readonly br?: Buffer; readonly gzip?: Buffer };
}

/** By path of the URL: `/` and `/index.html` are the page. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** The page cannot be served. `message` says what to do. */
export class PageError extends Error {
  readonly reason: 'not-built' | 'too-large';

  constructor(reason: PageError['reason'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'PageError';
    this.reason = reason;
  }
}

const PAGE_BYTES_MAX = 64 * 1024 * 1024;
const COMPRESSED_BYTES_MIN = 1_024;
/** Where Vite puts files with a hash in their names, of the page and of what other sites embed. */
const HASHED_FOLDERS = ['/assets/', '/embed/assets/'];
/** What other sites may load. */
const EMBED_FOLDER = '/embed/';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webm': 'video/webm',
  '.mp4': 'video/mp4',
};
const COMPRESSIBLE = /^text\/|json$|svg|wasm/;

/** Reads a folder with an index.html. Throws {@link PageError}. */
export async function readPageFiles(webRoot: string): Promise<PageFiles> {
  const files = new Map<string, PageFile>();
  let bytes = 0;
  for (const path of await listFiles(webRoot)) {
    const content = await readFile(path);
    bytes += content.length;
    if (bytes > PAGE_BYTES_MAX) {
      throw new PageError('too-large', `${webRoot} holds more than 64 MiB: that is not the built page.`);
    }
    const url = `/${relative(webRoot, path).split(sep).join('/')}`;
    files.set(url, await pageFile(url, content));
  }
  const index = files.get('/index.html');
  if (index === undefined) throw notBuilt(webRoot);
  return files.set('/', index);
}

const notBuilt = (webRoot: string, cause?: unknown): PageError =>
  new PageError('not-built', `The page is not built: there is no index.html in ${webRoot}.`, cause);

async function listFiles(webRoot: string): Promise<string[]> {
  try {
    const entries = await readdir(webRoot, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter(
        (path) =>
          !relative(webRoot, path)
            .split(sep)
            .some((part) => part.startsWith('.')),
      );
  } catch (error) {
    throw notBuilt(webRoot, error);
  }
}

async function pageFile(url: string, content: Buffer): Promise<PageFile> {
  const type = TYPES[extname(url).toLowerCase()] ?? 'application/octet-stream';
  return {
    type,
    etag: `"${hash('sha256', content, 'base64url').slice(0, 22)}"`,
    immutable: HASHED_FOLDERS.some((folder) => url.startsWith(folder)),
    embeddable: url.startsWith(EMBED_FOLDER),
    bodies: {
      identity: content,
      ...(COMPRESSIBLE.test(type) && content.length >= COMPRESSED_BYTES_MIN ? await compressed(content) : {}),
    },
  };
}

async function compressed(content: Buffer): Promise<{ br: Buffer; gzip: Buffer }> {
  // Quality 9 is near the best and takes well under a second for this page; 11 would take many.
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  return {
    br: await promisify(brotliCompress)(content, { params }),
    gzip: await promisify(gzip)(content, { level: 9 }),
  };
}
