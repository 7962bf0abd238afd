/** `murmuration monitor`: the network as a supernode sees it, live on a terminal, or as lines for programs. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { MonitorPoint } from '@murmuration/shared/monitor/feed-messages.ts';
import { supernodeUrl } from '../../peer/supernode-address.ts';
import { Exit, UsageError, untilTold } from '../peer-options.ts';
import { FeedClient, type FeedError } from './feed-client.ts';
import { asJson, asLine } from './figures.ts';
import { monitorScreen } from './screen.ts';

const DEFAULT_SUPERNODE = '127.0.0.1:8080';
const TOKEN_VARIABLE = 'MURMURATION_MONITOR_TOKEN';
/** The screen is drawn no more often. */
const DRAW_EVERY_MS = 250;

/** Another screen for the time of the program, without a cursor (xterm, DECSET 1049 and 25). */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** q, Q, Ctrl-C and Ctrl-D. */
const QUIT_KEYS: readonly number[] = [0x71, 0x51, 0x03, 0x04];

const monitorHelp = `murmuration monitor [supernode]: the network as a supernode sees it, live.

  --token-file <file>   holds the operator's token, where there has to be one (or ${TOKEN_VARIABLE})
  --token <text>        the token itself; other users of this machine may see it
  --once                says how things are, and ends
  --json                a JSON object for each moment, on a line of its own
  --seconds <n>         end after so many
  --help

[supernode] is host:port or a URL; without it ${DEFAULT_SUPERNODE}. On a terminal it shows counts, their last ten minutes, and the
largest streams; q or Ctrl-C ends it. Elsewhere each moment (every 2 s) is a line. NO_COLOR switches colours off.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 supernode not found.

  murmuration monitor
  murmuration monitor https://birds.example --token-file token
  murmuration monitor 127.0.0.1:8080 --once --json
`;

interface MonitorFlags {
  readonly address: string;
  readonly origin: string;
  readonly token: string | undefined;
  readonly once: boolean;
  readonly json: boolean;
  readonly seconds: number;
}

export async function monitorCommand(args: readonly string[]): Promise<Exit> {
  const flags = readFlags(args);
  if (flags === 'help') {
    console.log(monitorHelp);
    return Exit.done;
  }
  const told = untilTold(flags.seconds);
  const show =
    flags.json || flags.once || !process.stdout.isTTY ? new Lines(flags) : new Screen(flags, told.end);
  let failure: FeedError | undefined;
  const client: FeedClient = new FeedClient(flags.origin, flags.token, {
    onChange: () => {
      if (!flags.once) show.update(client);
      // What came in one go belongs to it.
      else if (client.points().length > 0) setImmediate(told.end);
    },
    onError: (error) => {
      failure = error;
      told.end();
    },
  });
  // Whoever reads the lines has seen enough.
  process.stdout.once('error', told.end);
  client.start();
  await told.told;
  client.stop();
  if (flags.once && failure === undefined) show.update(client);
  show.end();
  if (failure === undefined) return Exit.done;
  console.error(failure.message);
  return failure.reason === 'no-supernode' ? Exit.notFound : Exit.failed;
}

function readFlags(args: readonly string[]): MonitorFlags | 'help' {
  const { values, positionals } = parsed(args);
  if (values.help) return 'help';
  const [address = DEFAULT_SUPERNODE, ...more] = positionals;
  const url = more.length === 0 ? supernodeUrl(address) : undefined;
  if (url === undefined) throw new UsageError('monitor takes one supernode, host:port or a URL.');
  const seconds = Number(values.seconds);
  if (!/^\d{1,8}$/.test(values.seconds))
    throw new UsageError(`--seconds takes a whole number, not “${values.seconds}”.`);
  return {
    address,
    origin: new URL(url.replace(/^ws/, 'http')).origin,
    token: tokenOf(values),
    once: values.once,
    json: values.json,
    seconds: seconds || Number.POSITIVE_INFINITY,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        token: { type: 'string' },
        'token-file': { type: 'string' },
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        seconds: { type: 'string', default: '0' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function tokenOf(values: {
  readonly token?: string | undefined;
  readonly 'token-file'?: string | undefined;
}): string | undefined {
  const file = values['token-file'];
  if (file === undefined) return (values.token ?? process.env[TOKEN_VARIABLE])?.trim() || undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new UsageError(`The token in ${file} cannot be read.`);
  }
}

/** For programs, logs, and a single look. */
class Lines {
  readonly #flags: MonitorFlags;
  #toldAtMs = 0;

  constructor(flags: MonitorFlags) {
    this.#flags = flags;
  }

  /** Of what was known before, only the newest moment is told. */
  update(client: FeedClient): void {
    const { json, once } = this.#flags;
    const points = client.points(this.#toldAtMs + 1);
    for (const point of this.#toldAtMs === 0 ? points.slice(-1) : points) {
      this.#toldAtMs = point.atMs;
      if (json) console.log(JSON.stringify(asJson(point)));
      else if (once) console.log(this.#look(client, point));
      else console.log(asLine(point));
    }
  }

  #look(client: FeedClient, point: MonitorPoint): string {
    const columns = process.stdout.isTTY ? process.stdout.columns : 120;
    const view = { address: this.#flags.address, state: client.state, points: client.points() };
    const colour = process.stdout.isTTY && !process.env.NO_COLOR;
    const rows = 20 + point.statistics.listed.length;
    // Without the hint at its foot: there is nothing to end.
    return monitorScreen(view, { columns, rows, colour }).slice(0, -1).join('\n');
  }

  end(): void {}
}

/** A terminal that is drawn anew in place. */
class Screen {
  readonly #flags: MonitorFlags;
  readonly #quit: () => void;
  #client: FeedClient | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(flags: MonitorFlags, quit: () => void) {
    this.#flags = flags;
    this.#quit = quit;
    process.stdout.write(ENTER);
    process.once('exit', this.#leave);
    process.stdout.on('resize', this.#soon);
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(true);
      process.stdin.on('data', this.#key);
    }
    this.#soon();
  }

  update(client: FeedClient): void {
    this.#client = client;
    this.#soon();
  }

  readonly #soon = (): void => {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#draw();
    }, DRAW_EVERY_MS);
  };

  #draw(): void {
    const { columns = 80, rows = 24 } = process.stdout;
    const state = this.#client?.state ?? 'connecting';
    const view = { address: this.#flags.address, state, points: this.#client?.points() ?? [] };
    const lines = monitorScreen(view, { columns, rows, colour: !process.env.NO_COLOR });
    process.stdout.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\r\n')}${CLEAR_BELOW}`);
  }

  /** In raw mode Ctrl-C is a key like others. */
  readonly #key = (keys: Buffer): void => {
    if (keys.some((key) => QUIT_KEYS.includes(key))) this.#quit();
  };

  readonly #leave = (): void => {
    process.stdout.write(LEAVE);
  };

  end(): void {
    clearTimeout(this.#timer);
    process.stdout.off('resize', this.#soon);
    if (process.stdin.isTTY) {
      process.stdin.off('data', this.#key);
      process.stdin.setRawMode(false);
      process.stdin.pause();
    }
    process.off('exit', this.#leave);
    this.#leave();
  }
}
