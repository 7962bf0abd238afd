/** What the operator decides, read from flags, then the environment, then defaults. */
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SOCKET_PATH } from '@murmuration/shared/wire/socket-handshake.ts';
import { defaultSocketLimits } from './socket-limits.ts';

export interface ProgramSettings {
  readonly port: number;
  /** Undefined: all interfaces, IPv4 and IPv6. */
  readonly host: string | undefined;
  readonly webRoot: string;
  /** The operator named the folder: then it must hold a page. */
  readonly webRootNamed: boolean;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** Empty: pages of any origin. */
  readonly origins: readonly string[];
  readonly trustProxy: boolean;
  /** WebSocket URLs of other supernodes to link to, each once. At most {@link PEERS_MAX}. */
  readonly peers: readonly string[];
  readonly identityFile: string | undefined;
  readonly log: LogFormat;
}

export type LogFormat = 'text' | 'json';

export type Command =
  | { readonly action: 'run'; readonly settings: ProgramSettings }
  | { readonly action: 'help' }
  | { readonly action: 'version' };

/** A flag or variable that makes no sense. `message` names it and says what it takes. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

const DEFAULT_PORT = 8_080;
const DEFAULT_WEB_ROOT = fileURLToPath(new URL('../../web/dist', import.meta.url));
const CONNECTIONS_LIMIT = 1_000_000;
/** Every link between supernodes carries the news of the whole graph. */
const PEERS_MAX = 32;

/** Variables of the environment, by flag. */
const VARIABLES = {
  port: 'PORT',
  host: 'HOST',
  'web-root': 'MURMURATION_WEB_ROOT',
  'max-connections': 'MURMURATION_MAX_CONNECTIONS',
  'max-per-address': 'MURMURATION_MAX_PER_ADDRESS',
  origin: 'MURMURATION_ORIGIN',
  'trust-proxy': 'MURMURATION_TRUST_PROXY',
  peer: 'MURMURATION_PEERS',
  identity: 'MURMURATION_IDENTITY',
  log: 'MURMURATION_LOG',
} as const;
type Flag = keyof typeof VARIABLES;

export const helpText = `Usage: node supernode/src/main.ts [flags]

Serves the page and introduces peers to each other. It never carries a stream.

  --port <number>             where to listen; 0 picks a free one              [${VARIABLES.port}, ${DEFAULT_PORT}]
  --host <address>            one interface only                               [${VARIABLES.host}, all]
  --web-root <folder>         the built page                                   [web/dist]
  --max-connections <number>  WebSockets at once                               [${defaultSocketLimits.connectionsMax}]
  --max-per-address <number>  of these, from one address (IPv6: one /64)       [${defaultSocketLimits.connectionsPerAddressMax}]
  --origin <origin>           only pages from here may connect; repeatable     [any]
  --trust-proxy               a reverse proxy sets X-Forwarded-For
  --peer <url>                another supernode to link to, such as
                              https://other.example; repeatable (up to ${PEERS_MAX})     [${VARIABLES.peer}, none]
  --identity <file>           keep the supernode's key there (made if missing) [a new key each time]
  --log text|json             for people, or one JSON object a line            [text]
  --help, --version

A flag may also be given in the environment: PORT, HOST, and for the others MURMURATION_ and the flag's name, as in
MURMURATION_MAX_CONNECTIONS=500 (several origins or peers: with commas between them). Flags win.

Browsers give camera, screen and keys only to pages from localhost or over HTTPS: for other machines, put a reverse proxy
with a certificate in front, and use --trust-proxy.`;

/** Reads the command line (without `node` and the script). Throws {@link CommandLineError}. */
export function readCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const flags = parseFlags(args);
  if (flags.help) return { action: 'help' };
  if (flags.version) return { action: 'version' };
  /** What was given for a flag, and where, to name it in an error. */
  const given = (flag: Flag): { value: string; where: string } | undefined => {
    const fromFlag = flags[flag];
    if (fromFlag !== undefined) return { value: String(fromFlag), where: `--${flag}` };
    const fromEnvironment = environment[VARIABLES[flag]];
    return fromEnvironment ? { value: fromEnvironment, where: VARIABLES[flag] } : undefined;
  };
  const wholeNumber = (flag: Flag, least: number, most: number, otherwise: number): number => {
    const { value, where } = given(flag) ?? { value: String(otherwise), where: '' };
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new CommandLineError(`${where} takes a whole number from ${least} to ${most}, not “${value}”.`);
  };
  return {
    action: 'run',
    settings: {
      port: wholeNumber('port', 0, 65_535, DEFAULT_PORT),
      host: given('host')?.value,
      webRoot: given('web-root')?.value ?? DEFAULT_WEB_ROOT,
      webRootNamed: given('web-root') !== undefined,
      connectionsMax: wholeNumber(
        'max-connections',
        1,
        CONNECTIONS_LIMIT,
        defaultSocketLimits.connectionsMax,
      ),
      connectionsPerAddressMax: wholeNumber(
        'max-per-address',
        1,
        CONNECTIONS_LIMIT,
        defaultSocketLimits.connectionsPerAddressMax,
      ),
      origins: (flags.origin ?? environment[VARIABLES.origin]?.split(',') ?? [])
        .filter((origin) => origin.trim() !== '')
        .map(readOrigin),
      peers: readPeers(flags.peer, environment[VARIABLES.peer]),
      trustProxy: readSwitch(given('trust-proxy')),
      identityFile: given('identity')?.value,
      log: readLogFormat(given('log')),
    },
  };
}

function parseFlags(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        'web-root': { type: 'string' },
        'max-connections': { type: 'string' },
        'max-per-address': { type: 'string' },
        origin: { type: 'string', multiple: true },
        'trust-proxy': { type: 'boolean' },
        peer: { type: 'string', multiple: true },
        identity: { type: 'string' },
        log: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
    return values;
  } catch (error) {
    // Of parseArgs' words the first sentence says it; the rest is about positional arguments.
    const words = error instanceof Error ? (error.message.split(/\.\s|\n/)[0] ?? '') : String(error);
    throw new CommandLineError(`${words.replace(/\.$/, '')}.`);
  }
}

type Given = { value: string; where: string } | undefined;

function readLogFormat(given: Given): LogFormat {
  const value = given?.value ?? 'text';
  if (value === 'text' || value === 'json') return value;
  throw new CommandLineError(`${given?.where} takes text or json, not “${value}”.`);
}

function readSwitch(given: Given): boolean {
  const value = given?.value ?? 'false';
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  if (/^(false|0|no|off)$/i.test(value)) return false;
  throw new CommandLineError(`${given?.where} takes true or false, not “${value}”.`);
}

/** As browsers write it: scheme, host and a port that is not the usual one. */
function readOrigin(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash) {
    return url.origin;
  }
  throw new CommandLineError(`--origin takes an origin such as https://example.org, not “${text}”.`);
}

function readPeers(flags: readonly string[] | undefined, variable: string | undefined): string[] {
  const where = flags === undefined ? VARIABLES.peer : '--peer';
  const texts = (flags ?? variable?.split(',') ?? []).filter((text) => text.trim() !== '');
  const peers = [...new Set(texts.map((text) => readPeer(text.trim(), where)))];
  if (peers.length <= PEERS_MAX) return peers;
  throw new CommandLineError(`${where} takes at most ${PEERS_MAX} supernodes, not ${peers.length}.`);
}

/** The WebSocket URL of a supernode, from that or from the address of its page. */
function readPeer(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^(https?|wss?):$/.test(url.protocol)) {
    throw new CommandLineError(
      `${where} takes the address of a supernode such as https://other.example or wss://other.example${SOCKET_PATH}, not “${text}”.`,
    );
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new CommandLineError(
      `${where} takes an address without name, password, “?” and “#”, not “${text}”.`,
    );
  }
  url.protocol = url.protocol.replace('http', 'ws');
  if (url.pathname === '/') url.pathname = SOCKET_PATH;
  return url.href;
}

/** What a browser is told to open. */
export function pageUrl(host: string | undefined, port: number): string {
  const everywhere = host === undefined || host === '0.0.0.0' || host === '::';
  const name = everywhere ? 'localhost' : isIP(host) === 6 ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
