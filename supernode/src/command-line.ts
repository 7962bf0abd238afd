/** What the operator asks for: reads the command line, and makes the help out of the options. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { parsePeerId } from '@murmuration/shared/lib/ids.ts';
import { Group, type Option } from './settings/option.ts';
import {
  flagOf,
  type OptionName,
  optionNames,
  options,
  type Settings,
  variableOf,
} from './settings/options.ts';
import { readSettings, SettingsError, type Sources } from './settings/read-settings.ts';

export type Command =
  | {
      readonly action: 'run' | 'config print' | 'config check' | 'doctor' | 'id';
      readonly settings: Settings;
      readonly sources: Sources;
    }
  | { readonly action: 'help' }
  | { readonly action: 'version' };

/** A flag, word or variable that makes no sense. `message` names it and says what it takes. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

const CONFIG_VARIABLE = 'MURMURATION_CONFIG';
/** More is no file of settings. */
const CONFIG_CHARACTERS_MAX = 1024 * 1024;
const ID_FLAG = '--peer-id';
const ACTIONS = ['config print', 'config check', 'doctor', 'id'] as const;

/** Reads the command line (without `node` and the script). Throws {@link CommandLineError}. */
export function readCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (name: string) => string = (name) => readFileSync(name, 'utf8'),
): Command {
  const { values: flags, positionals } = parseFlags(args);
  if (flags.help) return { action: 'help' };
  if (flags.version) return { action: 'version' };
  const words = positionals.join(' ');
  const action = words === '' ? 'run' : ACTIONS.find((each) => each === words);
  if (action === undefined)
    throw new CommandLineError(`There is no command “${words}”. There are: ${ACTIONS.join(', ')}.`);
  const config = typeof flags.config === 'string' ? flags.config : environment[CONFIG_VARIABLE];
  const file = config ? { name: config, text: fileText(config, readFile) } : undefined;
  try {
    return { action, ...readSettings({ flags, environment, file }) };
  } catch (error) {
    if (error instanceof SettingsError) throw new CommandLineError(error.message);
    throw error;
  }
}

function fileText(name: string, readFile: (name: string) => string): string {
  try {
    const text = readFile(name);
    if (text.length <= CONFIG_CHARACTERS_MAX) return text;
  } catch (error) {
    throw new CommandLineError(`The file of settings ${name} cannot be read.`, { cause: error });
  }
  throw new CommandLineError(`${name} is too large for a file of settings.`);
}

/** An id may begin with “-”, which looks like a flag: then it is joined with the flag before it. */
function withJoinedIds(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (before === ID_FLAG && arg.startsWith('-') && parsePeerId(arg) !== undefined)
      joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

const typeOf = (name: OptionName): 'string' | 'boolean' =>
  options[name].takes === '' ? 'boolean' : 'string';

function parseFlags(args: readonly string[]) {
  const ofSettings = optionNames.map(
    (name) => [flagOf(name), { type: typeOf(name), multiple: options[name].repeatable }] as const,
  );
  try {
    return parseArgs({
      args: withJoinedIds(args),
      allowPositionals: true,
      options: {
        ...Object.fromEntries(ofSettings),
        config: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    // Of parseArgs' words the first sentence says it; the rest is about positional arguments.
    const words = error instanceof Error ? (error.message.split(/\.\s|\n/)[0] ?? '') : String(error);
    throw new CommandLineError(`${words.replace(/\.$/, '')}.`);
  }
}

const HELP_COLUMN = 44;

export function helpText(): string {
  const groups = Object.values(Group).map((group) => {
    const names = optionNames.filter((name) => options[name].group === group);
    return `${group}\n${names.map(helpLine).join('\n')}`;
  });
  return `Usage: node supernode/src/main.ts [command] [flags]

Serves the page and introduces peers to each other. It never carries a stream.

Commands (without one it runs)
  config print     all settings as a file: JSON, to start from
  config check     says which settings are not the defaults and where they come from, or what is wrong
  id               what other operators need to know of this supernode to link with it (see --data-dir)
  doctor           tries what running needs: ports, files, certificates, limits of the system, other supernodes

${groups.join('\n\n')}

Other
  --config <file>                           settings from a JSON file, keys named like flags [${CONFIG_VARIABLE}]
  --help, --version

Each is also a variable: PORT, HOST, MURMURATION_PEERS, MURMURATION_PEER_IDS, and for the others MURMURATION_ and the flag's name, as in
MURMURATION_MAX_CONNECTIONS=500 (lists with commas). Flags win over the environment, that over the file, that over defaults.
Times are in milliseconds.

Browsers give camera, screen and keys only to pages from localhost or over HTTPS: for other machines, put a reverse proxy
with a certificate in front and name it with --trust-proxy, or give --tls-cert and --tls-key. In a local network --tls-self-signed does.`;
}

function helpLine(name: OptionName): string {
  const option: Option<unknown> = options[name];
  const flag = `  --${flagOf(name)} ${option.takes}`.trimEnd();
  const more = option.repeatable ? '; repeatable' : '';
  return `${flag.padEnd(HELP_COLUMN - 1)} ${option.summary}${more}${defaultWords(name)}`;
}

/** The default as people read it; nothing where there is none, or where it is a place on this machine. */
function defaultWords(name: OptionName): string {
  const { fallback } = options[name] as Option<unknown>;
  if (name === 'webRoot') return ' [web/dist]';
  const none =
    fallback === undefined || fallback === false || (Array.isArray(fallback) && fallback.length === 0);
  return none ? '' : ` [${fallback}]`;
}

/** The same as a table for OPERATING.md. */
export function optionsTable(): string {
  const rows = optionNames.map((name) => {
    const option: Option<unknown> = options[name];
    const fallback = defaultWords(name).replace(/^ \[(.*)\]$/, '$1') || '–';
    const takes = option.takes.replaceAll('|', '\\|');
    return `| \`${`--${flagOf(name)} ${takes}`.trimEnd()}\` | \`${variableOf(name)}\` | ${fallback} | ${option.summary} |`;
  });
  return ['| flag | variable | default | what it is |', '|---|---|---|---|', ...rows].join('\n');
}

/** What a browser is told to open. */
export function pageUrl(host: string | undefined, port: number, secure = false): string {
  const everywhere = host === undefined || host === '0.0.0.0' || host === '::';
  const name = everywhere ? 'localhost' : isIP(host) === 6 ? `[${host}]` : host;
  return `${secure ? 'https' : 'http'}://${name}:${port}`;
}
