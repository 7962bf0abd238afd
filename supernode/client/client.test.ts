/** The clients against a real gateway that they start themselves: ten lines to feed and to read a stream, in TypeScript and in Python. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { ClientError, MurmurationClient } from './murmuration-client.ts';

const bind = '127.0.0.1';
const clients: MurmurationClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.deinit();
});

async function newClient(): Promise<{ client: MurmurationClient; tracker: string }> {
  const client = new MurmurationClient();
  clients.push(client);
  await client.init({ bind });
  const { TCPServerPort } = await client.hostSuper();
  return { client, tracker: `127.0.0.1:${TCPServerPort}` };
}

describe('the client in TypeScript', () => {
  it.each([
    ['datagrams', 65_000, 20],
    ['WebSockets', 300_000, 10],
  ])('feeds and reads a stream through %s', async (_way, size, count) => {
    const { client, tracker } = await newClient();
    const heard: string[] = [];
    const host = await client.host([tracker], size);
    const member = await client.join([tracker], host.ResourceID, (message) =>
      heard.push(`${message.length} ${message[0]}`),
    );
    expect(member).toMatchObject({ Success: true, ResourceID: host.ResourceID, MaxResourceSize: size });
    for (let at = 0; at < count; at++) await client.feedData(host.InstanceID, Buffer.alloc(size - at, at));
    await untilInRealTime(() => heard.length === count);
    expect(heard).toEqual(Array.from({ length: count }, (_, at) => `${size - at} ${at}`));
    await expect(client.feedData(member.InstanceID, Buffer.alloc(1))).rejects.toThrow(ClientError);
    expect([await client.stop(member.InstanceID), await client.stop(member.InstanceID)]).toEqual([
      true,
      false,
    ]);
  });

  it('says what is wrong: no gateway, no init, a call that makes no sense, a stream that is not there', async () => {
    const client = new MurmurationClient();
    await expect(client.hostSuper()).rejects.toThrow('Call init first');
    await expect(client.init({ command: [process.execPath, '-e', '0'] })).rejects.toThrow('does not start');
    await client.init({ bind });
    clients.push(client);
    await expect(client.init({ bind })).rejects.toThrow('already');
    await expect(client.host([], 1)).rejects.toThrow('(400)');
    await expect(client.feedData('nobody', Buffer.alloc(1))).rejects.toThrow('no instance');
    expect((await client.join(['127.0.0.1:9'], 'x', () => {})).Success).toBe(false);
  });
});

/** Feeds and reads through datagrams, then through WebSockets, and says what it heard. */
const PYTHON = `
import sys, time
sys.path.insert(0, sys.argv[1])
from murmuration_client import Client, ClientError

def run(client, tracker, size, count):
    heard = []
    host = client.host([tracker], size)
    client.join([tracker], host["ResourceID"], heard.append)
    for at in range(count):
        client.feed_data(host["InstanceID"], bytes([at]) * (size - at))
    until = time.monotonic() + 30
    while len(heard) < count and time.monotonic() < until:
        time.sleep(0.01)
    print(size, [(len(message), message[0]) for message in heard] == [(size - at, at) for at in range(count)])
    print(client.stop(host["InstanceID"]), client.stop(host["InstanceID"]))

with Client(command=sys.argv[2:], bind="127.0.0.1") as client:
    tracker = "127.0.0.1:%d" % client.host_super()["TCPServerPort"]
    run(client, tracker, 65000, 10)
    run(client, tracker, 300000, 5)
    first = client.host([tracker], 1000, key="python")
    client.stop(first["InstanceID"])
    print(client.host([tracker], 1000, key="python")["ResourceID"] == first["ResourceID"] != "")
    try:
        client.host([], 1)
    except ClientError as error:
        print("(400)" in str(error))
`;

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import http.client']);
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!hasPython())(
  'the client in Python feeds and reads a stream through datagrams and WebSockets',
  async () => {
    const folder = fileURLToPath(new URL('.', import.meta.url));
    const gateway = fileURLToPath(new URL('../src/gateway/main.ts', import.meta.url));
    const state = mkdtempSync(join(tmpdir(), 'client-'));
    const { stdout } = await promisify(execFile)(
      'python3',
      ['-c', PYTHON, folder, process.execPath, gateway],
      { timeout: 55_000, env: { ...process.env, XDG_STATE_HOME: state } },
    );
    rmSync(state, { recursive: true });
    expect(stdout.trim().split('\n')).toEqual([
      '65000 True',
      'True False',
      '300000 True',
      'True False',
      'True',
      'True',
    ]);
  },
);
