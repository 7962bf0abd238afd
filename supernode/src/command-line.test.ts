import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { CommandLineError, helpText, optionsTable, pageUrl, readCommandLine } from './command-line.ts';
import { checkedSettings, printedSettings } from './settings/config-command.ts';
import { listedSupernodes } from './settings/limits-of.ts';
import { defaultSettings, flagOf, optionNames, variableOf } from './settings/options.ts';
import { Ending, Refusal } from './socket-limits.ts';

const FILE = 'supernode.json';

/** `file`: what FILE holds, if the command line names it. */
function read(args: string[], environment: Record<string, string> = {}, file = '') {
  return readCommandLine(args, environment, (name) => {
    if (name === FILE) return file;
    throw new Error('ENOENT');
  });
}

function settings(...given: Parameters<typeof read>) {
  const command = read(...given);
  if (command.action === 'help' || command.action === 'version') throw new Error(command.action);
  return command.settings;
}

test('without flags: port 8080, all interfaces, any origin', () => {
  expect(settings([])).toEqual(defaultSettings);
  expect(settings([])).toMatchObject({
    port: 8_080,
    host: undefined,
    maxConnections: 2_000,
    maxPerAddress: 256,
    origin: [],
    trustProxy: [],
    peer: [],
    identity: undefined,
    metricsPort: 0,
    log: 'auto',
  });
  expect(settings([]).webRoot.replaceAll('\\', '/')).toMatch(/\/web\/dist$/);
});

test('flags win over the environment, that over a file, that over defaults', () => {
  const file = JSON.stringify({ port: 3, host: '::3', 'max-per-address': 33 });
  expect(settings([], { PORT: '1', HOST: '::1' })).toMatchObject({ port: 1, host: '::1' });
  expect(settings(['--port', '2'], { PORT: '1' }).port).toBe(2);
  expect(settings(['--port=0'], { PORT: 'nonsense' }).port).toBe(0);
  expect(settings([], { PORT: '' }).port).toBe(8_080);
  expect(settings(['--config', FILE, '--port', '2'], { HOST: '::1' }, file)).toMatchObject({
    port: 2,
    host: '::1',
    maxPerAddress: 33,
  });
  expect(settings([], { MURMURATION_CONFIG: FILE }, file).port).toBe(3);
  expect(settings(['--web-root', 'x']).webRoot).toBe('x');
});

test('origins are compared as browsers write them', () => {
  const written = ['https://Example.org:443/', 'http://a.example:8080'];
  expect(settings(['--origin', written[0]!, '--origin', written[1]!]).origin).toEqual([
    'https://example.org',
    'http://a.example:8080',
  ]);
  expect(settings([], { MURMURATION_ORIGIN: 'https://a.example, https://b.example' }).origin).toHaveLength(2);
  const file = JSON.stringify({ origin: written });
  expect(settings(['--config', FILE], {}, file).origin).toHaveLength(2);
});

/** An id as the command “id” prints it. */
const idOf = (number: number): string => `${'A'.repeat(24)}${String(number).padStart(2, '0')}A`;
const KEPT = ['--data-dir', 'data'];

test('peers become WebSocket URLs with an id, each once', () => {
  const given = [
    `https://Other.example#${idOf(1)}`,
    `wss://other.example:443/link#${idOf(1)}`,
    `http://127.0.0.1:8080/#${idOf(2)}`,
    `ws://[::1]:1/below/link#${idOf(3)}`,
  ];
  const expected = [
    `wss://other.example/link#${idOf(1)}`,
    `ws://127.0.0.1:8080/link#${idOf(2)}`,
    `ws://[::1]:1/below/link#${idOf(3)}`,
  ];
  expect(settings([...KEPT, ...given.flatMap((peer) => ['--peer', peer])]).peer).toEqual(expected);
  expect(settings(KEPT, { MURMURATION_PEERS: ` ${given.join(' , ')},` }).peer).toEqual(expected);
  const flag = `ws://a#${idOf(4)}`;
  expect(settings([...KEPT, '--peer', flag], { MURMURATION_PEERS: 'nonsense' }).peer).toEqual([
    `ws://a/link#${idOf(4)}`,
  ]);
});

test('supernodes are listed with an address to dial, or without', () => {
  const file = JSON.stringify({
    'data-dir': 'data',
    peer: [`ws://a#${idOf(1)}`],
    'peer-id': [idOf(2), idOf(1)],
  });
  expect(listedSupernodes(settings(['--config', FILE], {}, file))).toEqual([
    { id: idOf(1), url: 'ws://a/link' },
    { id: idOf(2) },
  ]);
  expect(settings(KEPT, { MURMURATION_PEER_IDS: `${idOf(1)},${idOf(2)}` }).peerId).toHaveLength(2);
});

test('an id that begins with “-” is no flag', () => {
  const ids = [`-${'A'.repeat(26)}`, `--${'b'.repeat(24)}A`];
  const flags = ids.flatMap((id) => ['--peer-id', id]);
  expect(settings([...KEPT, ...flags, '--port', '1'])).toMatchObject({ peerId: ids, port: 1 });
  expect(settings([...KEPT, `--peer-id=${ids[0]}`]).peerId).toEqual([ids[0]]);
  expect(() => read([...KEPT, '--peer-id', '--port', '1'])).toThrow(CommandLineError);
});

test('at most 32 peers', () => {
  const peers = Array.from({ length: 33 }, (_, at) => `wss://${at}.example#${idOf(at)}`);
  expect(settings(KEPT, { MURMURATION_PEERS: peers.slice(1).join(',') }).peer).toHaveLength(32);
  expect(() => settings(KEPT, { MURMURATION_PEERS: peers.join(',') })).toThrow(
    'MURMURATION_PEERS takes at most 32, not 33.',
  );
});

describe('what makes no sense is named', () => {
  for (const [args, environment, named] of [
    [['--port', '65536'], {}, '--port'],
    [['--port', '80a'], {}, '--port'],
    [['--port', '-1'], {}, '--port'],
    [[], { PORT: '1e3' }, 'PORT'],
    [['--max-connections', '0'], {}, '--max-connections'],
    [[], { MURMURATION_MAX_CONNECTIONS: 'many' }, 'MURMURATION_MAX_CONNECTIONS'],
    [['--message-bytes', '16385'], {}, '--message-bytes'],
    [['--origin', 'example.org'], {}, '--origin'],
    [['--origin', 'https://example.org/path'], {}, '--origin'],
    [['--peer', 'other.example'], {}, '--peer'],
    [['--peer', 'other.example:8080'], {}, '--peer'],
    [['--peer', 'ftp://other.example'], {}, '--peer'],
    [['--peer', 'https://me:secret@other.example'], {}, '--peer'],
    [['--peer', 'https://other.example'], {}, 'the address and the id'],
    [['--peer', 'https://other.example/#live'], {}, 'takes the id of a supernode'],
    [['--peer', `https://other.example/#${idOf(1)}#`], {}, '--peer'],
    [
      [],
      { MURMURATION_PEERS: `wss://a.example#${idOf(1)},wss://b.example?c#${idOf(2)}` },
      'MURMURATION_PEERS',
    ],
    [['--peer-id', 'wss://a.example'], {}, '--peer-id takes the id of a supernode'],
    [['--peer', `wss://a.example#${idOf(1)}`], {}, 'need --data-dir'],
    [['--peer-id', idOf(1)], {}, 'need --data-dir'],
    [
      [...KEPT, '--peer', `ws://a#${idOf(1)}`, '--peer', `ws://b#${idOf(1)}`],
      {},
      'one supernode (one id) under two addresses',
    ],
    [['--log', 'xml'], {}, '--log'],
    [[], { MURMURATION_TRUST_PROXY: 'true' }, 'MURMURATION_TRUST_PROXY takes the addresses'],
    [['--trust-proxy', '10.0.0.0/33'], {}, '--trust-proxy'],
    [['--trust-proxy', '10.0.0.0/8/8'], {}, '--trust-proxy'],
    [['--ice-server', 'http://stun.example'], {}, '--ice-server'],
    [['--ice-server', 'turn:turn.example'], {}, '--turn-secret-file'],
    [['--turn-secret-file', 'x'], {}, '--ice-server'],
    [['--monitor', 'token'], {}, '--monitor-token-file'],
    [['--monitor-token-file', 'x'], {}, '--monitor token'],
    [['--tls-cert', 'x'], {}, '--tls-key'],
    [['--tls-self-signed', '--tls-cert', 'x', '--tls-key', 'y'], {}, '--tls-self-signed'],
    [[], { MURMURATION_TLS_SELF_SIGNED: 'maybe' }, 'true or false'],
    [['--metrics-port', '8080'], {}, '--metrics-port'],
    [['--max-backlog-bytes', '1024'], {}, '--max-backlog-bytes'],
    [['--prot', '1'], {}, '--prot'],
    [['--port'], {}, '--port'],
    [['word'], {}, 'word'],
    [['config', 'check', 'now'], {}, 'config check now'],
    [['--config', 'missing.json'], {}, 'missing.json cannot be read'],
  ] as [string[], Record<string, string>, string][]) {
    test(`${args.join(' ')} ${JSON.stringify(environment)}`, () => {
      expect(() => read(args, environment)).toThrow(CommandLineError);
      expect(() => read(args, environment)).toThrow(named);
    });
  }

  for (const [file, named] of [
    ['{', 'is no JSON'],
    ['[]', 'one JSON object'],
    ['{"prot": 1}', '“prot” in supernode.json is no setting'],
    ['{"port": "80a"}', '“port” in supernode.json takes a whole number'],
    ['{"port": 1.5}', '“port” in supernode.json'],
    ['{"port": null}', '“port” in supernode.json'],
    ['{"host": 1}', '“host” in supernode.json takes text'],
    ['{"origin": [1]}', '“origin” in supernode.json'],
    ['{"origin": {}}', '“origin” in supernode.json'],
  ] as const) {
    test(`in a file: ${file}`, () => {
      expect(() => read(['--config', FILE], {}, file)).toThrow(named);
    });
  }

  test('all that is wrong at once', () => {
    expect(() => read(['--port', 'x', '--log', 'y'], { HOST: '', MURMURATION_PEERS: 'z' })).toThrow(
      /--port.*\n.*MURMURATION_PEERS.*\n.*--log/,
    );
  });
});

describe('commands', () => {
  test('what is printed gives the same settings again', () => {
    const given = settings(['--port', '1', '--origin', 'https://a.example', '--identity', 'key']);
    expect(settings(['--config', FILE], {}, printedSettings(given))).toEqual(given);
  });

  test('a check names what was given and where', () => {
    const command = read(
      ['config', 'check', '--port', '1', '--config', FILE],
      { HOST: '::1' },
      '{"log":"json"}',
    );
    if (command.action !== 'config check') throw new Error(command.action);
    const words = checkedSettings(command.settings, command.sources);
    expect(words).toContain('port = 1, from --port');
    expect(words).toContain('host = "::1", from HOST');
    expect(words).toContain('log = "json", from “log” in supernode.json');
    expect(checkedSettings(defaultSettings, {})).toContain('all of them are the defaults');
  });

  test('help and version win over everything but unknown flags', () => {
    expect(read(['--help', '--port', 'x']).action).toBe('help');
    expect(read(['-h']).action).toBe('help');
    expect(read(['--version'], { PORT: 'x' }).action).toBe('version');
  });
});

test('every setting has a flag, a variable, a line of help and a row in the table', () => {
  const [help, table] = [helpText(), optionsTable()];
  for (const name of optionNames) {
    expect(help).toContain(`--${flagOf(name)} `);
    expect(table).toContain(`\`${variableOf(name)}\``);
  }
  expect(new Set(optionNames.map(variableOf)).size).toBe(optionNames.length);
});

test('the table in the guide is the one that the program makes', async () => {
  const guide = await readFile(new URL('../OPERATING.md', import.meta.url), 'utf8');
  expect(guide.slice(guide.indexOf('| flag | variable |'))).toBe(`${optionsTable()}\n`);
});

test('every refusal and every way to end a connection is in the guide', async () => {
  const guide = await readFile(new URL('../OPERATING.md', import.meta.url), 'utf8');
  for (const { status, reason } of Object.values(Refusal))
    expect(guide).toContain(`| ${status} | \`${reason}\``);
  for (const ending of Object.values(Ending)) {
    if (ending === Ending.closedHere) continue;
    const row = guide.split('\n').find((line) => line.includes(`\`${ending.reason}\``));
    expect(row, ending.reason).toContain(String(ending.code));
  }
});

test('the address that a browser is told', () => {
  expect(pageUrl(undefined, 1)).toBe('http://localhost:1');
  expect(pageUrl('0.0.0.0', 1)).toBe('http://localhost:1');
  expect(pageUrl('::1', 1, true)).toBe('https://[::1]:1');
  expect(pageUrl('192.0.2.1', 1)).toBe('http://192.0.2.1:1');
});
