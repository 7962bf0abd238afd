/** Several supernodes, each with an operator of its own: how they link, and what the operators see of it. */
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PeerId, streamIdFromBytes, tagOf } from '@murmuration/shared/lib/ids.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { SignalFailure } from '@murmuration/shared/wire/supernode-messages.ts';
import { afterEach, expect, test } from 'vitest';
import { untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { readCommandLine } from '../src/command-line.ts';
import { doctor } from '../src/settings/doctor.ts';
import { identityWords, loadIdentity } from '../src/settings/identity.ts';
import { Identity } from './identity.ts';
import { newOperator, type Operator, peerFlag } from './linked-supernodes.ts';
import type { SupernodeProcess } from './supernode-process.ts';
import { TrialClient } from './trial-client.ts';

const STREAM = streamIdFromBytes(new Uint8Array(20).fill(9));
const operators: Operator[] = [];
const PATIENCE_MS = 20_000;

afterEach(async () => {
  for (const operator of operators.splice(0)) await operator.end();
});

async function twoOperators(): Promise<[Operator, Operator]> {
  const both = [await newOperator(), await newOperator()] as [Operator, Operator];
  operators.push(...both);
  return both;
}

/** Whether a supernode sees another one as up, in its metrics. */
const sees = async (supernode: SupernodeProcess, other: Operator): Promise<boolean> =>
  (await supernode.metrics()).get(`murmuration_supernode_up{id="${other.id}"}`) === 1;

/** Other processes are waited for, so time counts and not tries: a busy machine takes its time. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`still waiting for: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Settings of a command line. */
function settingsOf(...args: string[]) {
  const command = readCommandLine(args, {});
  if (!('settings' in command)) throw new Error(command.action);
  return command.settings;
}

test('[R40] two that list each other link, and again when one was killed and is back with its id', async () => {
  const [a, b] = await twoOperators();
  const first = await a.start('--peer-id', b.id);
  const second = await b.start('--peer', peerFlag(a, first));
  await until(async () => (await sees(first, b)) && (await sees(second, a)));
  const health = await fetch(`http://127.0.0.1:${first.port}/health`);
  expect(await health.json()).toMatchObject({ id: a.id, supernodes: 1 });
  expect((await first.metrics()).get('murmuration_supernodes_listed')).toBe(1);

  second.child.kill('SIGKILL');
  await until(async () => !(await sees(first, b)));
  await untilInRealTime(() => first.output.text.includes('"event":"supernode-unlinked"'));
  const again = await b.start('--peer', peerFlag(a, first));
  await until(async () => (await sees(first, b)) && (await sees(again, a)));
  expect((await first.metrics()).get('murmuration_supernode_links')).toBe(1);
});

test('[R40] the list in a file is read again on SIGHUP; one that makes no sense changes nothing', async () => {
  const [a, b] = await twoOperators();
  const file = join(a.dataDir, 'settings.json');
  const say = (settings: object): Promise<void> => writeFile(file, JSON.stringify(settings));
  await say({});
  const first = await a.start('--config', file);
  await say({ 'peer-id': [b.id] });
  first.child.kill('SIGHUP');
  // Not earlier: whoever was told that it is not listed asks again after a minute only.
  await until(async () => (await first.metrics()).get('murmuration_supernodes_listed') === 1);
  const second = await b.start('--peer', peerFlag(a, first));
  await until(async () => (await sees(first, b)) && (await sees(second, a)));
  await say({ 'peer-id': [a.id] });
  first.child.kill('SIGHUP');
  await until(async () => first.output.text.includes('that is this supernode itself'));
  await say({ 'peer-id': 'everybody' });
  first.child.kill('SIGHUP');
  await until(async () => first.output.text.split('"event":"reload-failed"').length === 3);
  expect(await sees(first, b)).toBe(true);
  await say({});
  first.child.kill('SIGHUP');
  await until(async () => !(await sees(second, a)));
});

test('[R41] a signal to a member of the other supernode arrives, and so does the answer', async () => {
  const [a, b] = await twoOperators();
  const first = await a.start('--peer-id', b.id);
  const second = await b.start('--peer', peerFlag(a, first));
  await until(async () => (await sees(first, b)) && (await sees(second, a)));
  const [here, there] = [await TrialClient.open(first.port), await TrialClient.open(second.port)];
  // Only one of them has a record: the answer finds back by where the dial came from.
  const record = there.identity.record(STREAM, { supernodes: [tagOf(b.id as PeerId)] });
  there.send({ type: MessageType.records, records: [record] });
  await until(async () => (await first.metrics()).get('murmuration_records') === 3);
  const signal = here.identity.signal(there.identity.peer, new Uint8Array(500).fill(7));
  here.send(signal);
  expect(await there.next(MessageType.signal)).toEqual(signal);
  const answer = there.identity.signal(here.identity.peer, new Uint8Array(400).fill(8));
  there.send(answer);
  expect(await here.next(MessageType.signal)).toEqual(answer);
  for (const supernode of [first, second]) {
    const figures = await supernode.metrics();
    expect(figures.get('murmuration_signals_to_supernodes_total')).toBe(1);
    expect(figures.get('murmuration_signals_from_supernodes_total')).toBe(1);
  }
  // Nobody is known by this name anywhere.
  here.send(here.identity.signal(new Identity().peer, new Uint8Array(9)));
  expect(await here.next(MessageType.signalFailed)).toMatchObject({ reason: SignalFailure.unknownPeer });
});

test('[R31][R41] a listed supernode that brings a forged signal is cut off, and nobody hears of it', async () => {
  const [a] = await twoOperators();
  const liar = new Identity(new Uint8Array(32).fill(5));
  expect(new Identity(new Uint8Array(32).fill(5)).peer).toBe(liar.peer);
  const first = await a.start('--peer-id', liar.peer);
  const victim = await TrialClient.open(first.port);
  await victim.believed();
  const trunk = await TrialClient.trunk(first.port, liar);
  const other = new Identity();
  const honest = other.signal(victim.identity.peer, new Uint8Array(50), 1);
  trunk.send(honest);
  expect(await victim.next(MessageType.signal)).toEqual(honest);
  trunk.send({ ...other.signal(victim.identity.peer, new Uint8Array(50), 2), payload: new Uint8Array(51) });
  expect((await trunk.closed).code).toBe(1000);
  await untilInRealTime(() => first.output.text.includes('forged-signal'));
  victim.send({ type: MessageType.ping, number: 1 });
  await victim.next(MessageType.pong);
  expect(victim.count(MessageType.signal)).toBe(0);
  const again = await TrialClient.bound(first.port, { identity: liar });
  again.greet({ role: Role.supernode });
  expect((await again.closed).code).toBe(1000);
  await untilInRealTime(() => first.output.text.includes('"reason":"cut-off"'));
});

test('[R40] who is not listed is turned away, and both operators read what to do', async () => {
  const [a, b] = await twoOperators();
  const first = await a.start();
  const second = await b.start('--peer', peerFlag(a, first));
  await untilInRealTime(() => second.output.text.includes('"event":"supernode-mismatch"'));
  await untilInRealTime(() => first.output.text.includes('"event":"supernode-refused"'));
  expect(first.output.text).toContain(b.id);
  expect(second.output.text).toContain('not-listed-there');
  expect((await first.metrics()).get('murmuration_rejected_total{reason="supernode-not-listed"}')).toBe(1);
  expect([await sees(first, b), await sees(second, a)]).toEqual([false, false]);
});

test('[R40] a supernode does not start with itself on its list', async () => {
  const [a] = await twoOperators();
  await expect(a.start('--peer-id', a.id)).rejects.toThrow('this supernode itself');
});

test('[R36] a supernode that stops sends its clients to those that it dials, and says goodbye to them', async () => {
  const [a, b] = await twoOperators();
  const first = await a.start('--peer-id', b.id);
  const second = await b.start('--peer', peerFlag(a, first));
  await until(() => sees(second, a));
  const client = await TrialClient.open(second.port);
  await client.believed();
  second.child.kill('SIGTERM');
  const { alternates } = await client.next(MessageType.goAway);
  expect(alternates).toEqual([`ws://127.0.0.1:${first.port}/link`]);
  client.end();
  expect(await second.exited).toBe(0);
  await until(async () => !(await sees(first, b)));
  await untilInRealTime(() => first.output.text.includes('"reason":"goodbye"'));
});

test('the id is made once, in a file that only its owner reads', async () => {
  const [a] = await twoOperators();
  const settings = settingsOf('id', '--data-dir', a.dataDir);
  const words = await identityWords(settings);
  expect(words.split('\n')[0]).toBe(a.id);
  expect(words).toContain(`--peer-id ${a.id}`);
  const { mode } = await stat(join(a.dataDir, 'identity.pem'));
  if (process.platform !== 'win32') expect(mode & 0o777).toBe(0o600);
  const deeper = join(a.dataDir, 'made', 'as', 'needed');
  const other = await loadIdentity({ dataDir: deeper, identity: undefined });
  expect((await loadIdentity({ dataDir: deeper, identity: undefined })).id).toBe(other.id);
  await expect(identityWords(settingsOf('id'))).rejects.toThrow('--data-dir');
});

test('[R40] the doctor says hello to each peer, and whether it is let in', async () => {
  const [a, b] = await twoOperators();
  const first = await a.start('--peer-id', b.id);
  const diagnosis = async (...args: string[]): Promise<string> => {
    const lines: string[] = [];
    await doctor(settingsOf('doctor', '--port', '0', ...args), (line) => lines.push(line));
    return lines.join('\n');
  };
  const asB = ['--data-dir', b.dataDir];
  const address = `ws://127.0.0.1:${first.port}`;
  expect(await diagnosis(...asB, '--peer', `${address}#${a.id}`)).toContain('lists this one');
  expect(await diagnosis(...asB, '--peer', `${address}#${'A'.repeat(27)}`)).toMatch(
    new RegExp(`BAD .*is the supernode ${a.id}, not`),
  );
  expect(await diagnosis(...asB, '--peer', `${address}#${b.id}`)).toContain('names this supernode itself');
  const stranger = await newOperator();
  operators.push(stranger);
  const asStranger = await diagnosis('--data-dir', stranger.dataDir, '--peer', `${address}#${a.id}`);
  expect(asStranger).toMatch(new RegExp(`look .*does not list this supernode.*--peer-id ${stranger.id}`));
  expect(await diagnosis(...asB, '--peer', `ws://127.0.0.1:1#${a.id}`)).toContain('cannot be reached now');
  expect(await sees(first, b)).toBe(false);
});
