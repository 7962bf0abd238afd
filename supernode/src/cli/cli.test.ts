/** The command line as people use it: processes of their own. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { untilInRealTime } from '../../../shared/sim/transport-contract.ts';
import { endPrograms, lineOf, runningSupernode, startMurmuration } from '../../trial/programs.ts';

const STREAM = 'AAECAwQFBgcICQoLDA0ODxAREhM';

afterEach(endPrograms);

/** A host that reads messages from its standard input, once it is live. */
async function hostOfLines(address: string, ...words: string[]) {
  const host = startMurmuration(
    'host',
    '-',
    '--supernode',
    address,
    '--bind',
    '127.0.0.1',
    '--json',
    ...words,
  );
  await untilInRealTime(() => host.output.out.includes('\n'));
  return { host, link: lineOf(host, 0).link as string };
}

describe('the command line', () => {
  it('carries lines from one process through a relay’s stream to others, and ends with the input', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
    const { address } = await runningSupernode();
    const { host, link } = await hostOfLines(address, '--title', 'lines');
    const relay = startMurmuration('relay', link, '--bind', '127.0.0.1', '--json');
    await untilInRealTime(() => relay.output.out.includes('relaying'));
    expect(relay.output.err).toContain('Passing on “lines”');
    const file = join(folder, 'messages');
    const watch = startMurmuration(
      'watch',
      link,
      '--bind',
      '127.0.0.1',
      '--messages',
      '100',
      '--json',
      '-o',
      file,
    );
    const plain = startMurmuration('watch', link, '--bind', '127.0.0.1', '--messages', '100');
    const joined = ({ output }: typeof watch) => output.err.includes('Receiving');
    await untilInRealTime(() => joined(watch) && joined(plain));
    const lines = Array.from({ length: 100 }, (_, at) => `line ${at}`);
    host.child.stdin.end(lines.join('\n'));
    expect([await watch.exited, await plain.exited, await host.exited]).toEqual([0, 0, 0]);
    expect(readFileSync(file, 'utf8')).toBe(`${lines.join('\n')}\n`);
    expect(plain.output.out).toBe(`${lines.join('\n')}\n`);
    const bytes = lines.join('').length;
    expect(lineOf(watch, -1)).toEqual({ event: 'ended', messages: 100, bytes, gaps: 0 });
    expect(lineOf(host, -1)).toEqual({ event: 'ended', messages: 100, bytes });
    relay.child.kill('SIGTERM');
    expect(await relay.exited).toBe(0);
    const relayed = lineOf(relay, -1) as { event: string; payloadBytesIn: number };
    expect(relayed.event).toBe('ended');
    // Lines that had to wait for others came in bundles, each with its length before it.
    expect(relayed.payloadBytesIn).toBeGreaterThanOrEqual(bytes);
    expect(relayed.payloadBytesIn).toBeLessThanOrEqual(bytes + lines.length * 2);
    await rm(folder, { recursive: true });
  });

  it('[R5] a host that crashed and was started again with its key has the same link, and those who watch go on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
    const key = ['--key', join(folder, 'stream.key')];
    const { address } = await runningSupernode();
    const first = await hostOfLines(address, ...key);
    const watch = startMurmuration('watch', first.link, '--bind', '127.0.0.1', '--messages', '2');
    await untilInRealTime(() => watch.output.err.includes('Receiving'));
    first.host.child.stdin.write('before\n');
    await untilInRealTime(() => watch.output.out.includes('before\n'));

    const second = startMurmuration('host', '-', '--supernode', address, ...key);
    expect(await second.exited).toBe(1);
    expect(second.output.err).toContain('Stop that one first');

    first.host.child.kill('SIGKILL');
    await first.host.exited;
    const again = await hostOfLines(address, ...key);
    expect(again.link).toBe(first.link);
    again.host.child.stdin.end('after\n');
    expect([await watch.exited, await again.host.exited]).toEqual([0, 0]);
    expect(watch.output.out).toBe('before\nafter\n');
    await rm(folder, { recursive: true });
  });

  it('says what is not found, with 3', async () => {
    const watch = startMurmuration('watch', STREAM, '--supernode', '127.0.0.1:9', '--within', '1');
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
    const { output, exited } = startMurmuration(...args);
    expect(await exited).toBe(2);
    expect(output.err).toMatch(/Try --help\.\n$/);
    expect(output.out).toBe('');
  });

  it('helps with examples', async () => {
    for (const command of [[], ['host'], ['watch'], ['relay'], ['gateway'], ['monitor']]) {
      const { output, exited } = startMurmuration(...command, '--help');
      expect(await exited).toBe(0);
      expect(output.out).toMatch(/^murmuration .*\n(.*\n)* {2}(murmuration|tail|curl) /);
    }
  });

  it('has a doctor who looks at WebRTC as well', async () => {
    const { output, exited } = startMurmuration('doctor', '--port', '0');
    await exited;
    expect(output.out).toContain('WebRTC: there is a build');
  });
});
