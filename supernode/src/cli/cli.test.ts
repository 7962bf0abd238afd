/** The command line as people use it: processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { untilInRealTime } from '../../../shared/sim/transport-contract.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const STREAM = 'AAECAwQFBgcICQoLDA0ODxAREhM';
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, PORT: '', HOST: '127.0.0.1' },
  });
  children.push(child);
  const output = { out: '', err: '' };
  child.stdout.on('data', (part) => {
    output.out += part;
  });
  child.stderr.on('data', (part) => {
    output.err += part;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { child, output, exited };
}

describe('the command line', () => {
  it('carries lines from one process through a relay’s stream to others, and ends with the input', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
    const supernode = start('supernode', '--port', '0', '--metrics-port', '0', '--log', 'text');
    await untilInRealTime(() => /open http:\/\/\S+:\d+/.test(supernode.output.out));
    const address = `127.0.0.1:${/:(\d+)/.exec(supernode.output.out)?.[1]}`;
    const host = start(
      'host',
      '-',
      '--supernode',
      address,
      '--bind',
      '127.0.0.1',
      '--title',
      'lines',
      '--json',
    );
    await untilInRealTime(() => host.output.out.includes('\n'));
    const { link } = JSON.parse(host.output.out.split('\n')[0] as string) as { link: string };
    const relay = start('relay', link, '--bind', '127.0.0.1', '--json');
    await untilInRealTime(() => relay.output.out.includes('relaying'));
    expect(relay.output.err).toContain('Passing on “lines”');
    const file = join(folder, 'messages');
    const watch = start('watch', link, '--bind', '127.0.0.1', '--messages', '100', '--json', '-o', file);
    const plain = start('watch', link, '--bind', '127.0.0.1', '--messages', '100');
    const joined = ({ output }: typeof watch) => output.err.includes('Receiving');
    await untilInRealTime(() => joined(watch) && joined(plain));
    const lines = Array.from({ length: 100 }, (_, at) => `line ${at}`);
    host.child.stdin?.end(lines.join('\n'));
    expect([await watch.exited, await plain.exited, await host.exited]).toEqual([0, 0, 0]);
    expect(readFileSync(file, 'utf8')).toBe(`${lines.join('\n')}\n`);
    expect(plain.output.out).toBe(`${lines.join('\n')}\n`);
    const bytes = lines.join('').length;
    const last = (text: string) => JSON.parse(text.trim().split('\n').at(-1) as string);
    expect(last(watch.output.out)).toEqual({ event: 'ended', messages: 100, bytes, gaps: 0 });
    expect(last(host.output.out)).toEqual({ event: 'ended', messages: 100, bytes });
    relay.child.kill('SIGTERM');
    expect(await relay.exited).toBe(0);
    expect(last(relay.output.out)).toMatchObject({ event: 'ended', payloadBytesIn: bytes });
    await rm(folder, { recursive: true });
  });

  it('says what is not found, with 3', async () => {
    const watch = start('watch', STREAM, '--supernode', '127.0.0.1:9', '--within', '1');
    expect(await watch.exited).toBe(3);
    expect(watch.output.err).toContain('No supernode answered');
  });

  it.each([
    [['flutter']],
    [['host', 'film.mp4', 'more.mp4', '--supernode', '127.0.0.1:9']],
    [['host', 'film.mp4']],
    [['host', '-']],
    [['watch', 'no link']],
    [['watch', STREAM]],
    [['watch', STREAM, '--supernode', '127.0.0.1:9', '--json']],
    [['watch', STREAM, '--supernode', '127.0.0.1:9', '--json', '-o', '-']],
    [['watch', STREAM, '--supernode', '127.0.0.1:9', '--format', 'avi']],
    [['relay', STREAM, '--supernode', '127.0.0.1:9', '--slots', '0']],
    [['relay', STREAM, '--loud']],
  ])('takes no %j, and says so with 2', async (args) => {
    const { output, exited } = start(...args);
    expect(await exited).toBe(2);
    expect(output.err).toMatch(/Try --help\.\n$/);
    expect(output.out).toBe('');
  });

  it('helps with examples', async () => {
    for (const command of [[], ['host'], ['watch'], ['relay'], ['gateway'], ['monitor']]) {
      const { output, exited } = start(...command, '--help');
      expect(await exited).toBe(0);
      expect(output.out).toMatch(/^murmuration .*\n(.*\n)* {2}(murmuration|tail|curl) /);
    }
  });

  it('has a doctor who looks at WebRTC as well', async () => {
    const { output, exited } = start('doctor', '--port', '0');
    await exited;
    expect(output.out).toContain('WebRTC: there is a build');
  });
});
