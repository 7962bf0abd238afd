import { describe, expect, test } from 'vitest';
import { CommandLineError, pageUrl, readCommandLine } from './command-line.ts';
import { createLog } from './log.ts';

function settings(args: string[], environment: Record<string, string> = {}) {
  const command = readCommandLine(args, environment);
  if (command.action !== 'run') throw new Error(command.action);
  return command.settings;
}

test('without flags: port 8080, all interfaces, any origin', () => {
  expect(settings([])).toMatchObject({
    port: 8_080,
    host: undefined,
    webRootNamed: false,
    connectionsMax: 2_000,
    connectionsPerAddressMax: 256,
    origins: [],
    trustProxy: false,
    peers: [],
    identityFile: undefined,
    log: 'text',
  });
  expect(settings([]).webRoot.replaceAll('\\', '/')).toMatch(/\/web\/dist$/);
});

test('flags win over the environment, which wins over defaults', () => {
  expect(settings([], { PORT: '1', HOST: '::1' })).toMatchObject({ port: 1, host: '::1' });
  expect(settings(['--port', '2'], { PORT: '1' }).port).toBe(2);
  expect(settings(['--port=0'], { PORT: 'nonsense' }).port).toBe(0);
  expect(settings([], { PORT: '' }).port).toBe(8_080);
  expect(settings([], { MURMURATION_TRUST_PROXY: 'yes' }).trustProxy).toBe(true);
  expect(settings(['--web-root', 'x'])).toMatchObject({ webRoot: 'x', webRootNamed: true });
});

test('origins are compared as browsers write them', () => {
  const written = ['https://Example.org:443/', 'http://a.example:8080'];
  expect(settings(['--origin', written[0]!, '--origin', written[1]!]).origins).toEqual([
    'https://example.org',
    'http://a.example:8080',
  ]);
  expect(settings([], { MURMURATION_ORIGIN: 'https://a.example, https://b.example' }).origins).toHaveLength(
    2,
  );
});

test('peers become WebSocket URLs, each once', () => {
  const given = [
    'https://Other.example',
    'wss://other.example:443/link',
    'http://127.0.0.1:8080/',
    'ws://[::1]:1/below/link',
  ];
  const expected = ['wss://other.example/link', 'ws://127.0.0.1:8080/link', 'ws://[::1]:1/below/link'];
  expect(settings(given.flatMap((peer) => ['--peer', peer])).peers).toEqual(expected);
  expect(settings([], { MURMURATION_PEERS: ` ${given.join(' , ')},` }).peers).toEqual(expected);
  expect(settings(['--peer', 'ws://a'], { MURMURATION_PEERS: 'nonsense' }).peers).toEqual(['ws://a/link']);
});

test('at most 32 peers', () => {
  const peers = Array.from({ length: 33 }, (_, at) => `wss://${at}.example`);
  expect(settings([], { MURMURATION_PEERS: peers.slice(1).join(',') }).peers).toHaveLength(32);
  expect(() => settings([], { MURMURATION_PEERS: peers.join(',') })).toThrow(
    'MURMURATION_PEERS takes at most 32 supernodes, not 33.',
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
    [['--origin', 'example.org'], {}, '--origin'],
    [['--origin', 'https://example.org/path'], {}, '--origin'],
    [['--peer', 'other.example'], {}, '--peer'],
    [['--peer', 'other.example:8080'], {}, '--peer'],
    [['--peer', 'ftp://other.example'], {}, '--peer'],
    [['--peer', 'https://me:secret@other.example'], {}, '--peer'],
    [['--peer', 'https://other.example/#live'], {}, '--peer'],
    [[], { MURMURATION_PEERS: 'wss://a.example,wss://b.example?c' }, 'MURMURATION_PEERS'],
    [['--log', 'xml'], {}, '--log'],
    [[], { MURMURATION_TRUST_PROXY: 'maybe' }, 'MURMURATION_TRUST_PROXY'],
    [['--prot', '1'], {}, '--prot'],
    [['--port'], {}, '--port'],
    [['word'], {}, 'word'],
  ] as [string[], Record<string, string>, string][]) {
    test(`${args.join(' ')} ${JSON.stringify(environment)}`, () => {
      expect(() => readCommandLine(args, environment)).toThrow(CommandLineError);
      expect(() => readCommandLine(args, environment)).toThrow(named);
    });
  }
});

test('help and version win over everything but unknown flags', () => {
  expect(readCommandLine(['--help', '--port', 'x'], {}).action).toBe('help');
  expect(readCommandLine(['-h'], {}).action).toBe('help');
  expect(readCommandLine(['--version'], { PORT: 'x' }).action).toBe('version');
});

test('the address that a browser is told', () => {
  expect(pageUrl(undefined, 1)).toBe('http://localhost:1');
  expect(pageUrl('0.0.0.0', 1)).toBe('http://localhost:1');
  expect(pageUrl('::1', 1)).toBe('http://[::1]:1');
  expect(pageUrl('192.0.2.1', 1)).toBe('http://192.0.2.1:1');
});

test('a line is a sentence with facts, or one JSON object; control characters reach no terminal', () => {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  createLog('text', write, write).warn('cut', 'Cut \u001b[2J', { peer: 'a', missing: undefined });
  createLog('json', write, write).info('cut', 'Cut\n', { peer: 'a' });
  expect(lines[0]).toBe('Cut ?[2J (peer a)');
  expect(lines[1]).not.toContain('\n');
  expect(JSON.parse(lines[1]!)).toMatchObject({ level: 'info', event: 'cut', message: 'Cut\n', peer: 'a' });
});
