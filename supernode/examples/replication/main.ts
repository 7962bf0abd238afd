/**
 * Replication from the command line; see the README beside this. Says what happens as lines of JSON.
 *
 *     node main.ts primary one.db --tracker localhost:8080 --key one         # statements on standard input, one a line
 *     node main.ts replica two.db --tracker localhost:8080 --stream <id>
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { MurmurationClient } from '../../client/murmuration-client.ts';
import { Primary } from './primary.ts';
import { Replica } from './replica.ts';
import { ReplicationError } from './replicated-database.ts';

/** Fits a datagram, as the messages of the thesis. */
const MESSAGE_BYTES_MAX = 65_000;
const LOG_EVERY_MS = 5_000;
const SNAPSHOT_EVERY_MS = 30_000;
/** Three snapshots. */
const PATIENCE_MS = 90_000;
const REPORT_EVERY_MS = 200;
const USAGE =
  'usage: main.ts primary <file> --tracker <host:port> [--key <name>] | replica <file> --tracker <host:port> --stream <id>';

const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @param named names the key with which the stream is the same next time */
async function runPrimary(
  client: MurmurationClient,
  path: string,
  tracker: string,
  named: { key?: string },
): Promise<void> {
  // Through a WebSocket: a datagram could be lost between here and the gateway.
  const host = await client.host([tracker], MESSAGE_BYTES_MAX, { webSocket: true, ...named });
  if (!host.Success)
    throw new ReplicationError(`No stream could be hosted at ${tracker}. Is it a supernode?`);
  const primary = new Primary({
    path,
    messageBytesMax: MESSAGE_BYTES_MAX,
    feed: (message) => client.feedData(host.InstanceID, message),
  });
  say({ stream: host.ResourceID, number: primary.position.number });
  const complain = (error: unknown): void => void say({ notSent: words(error) });
  await primary.sendSnapshot();
  const timers = [
    setInterval(() => primary.sendLog().catch(complain), LOG_EVERY_MS),
    setInterval(() => primary.sendSnapshot().catch(complain), SNAPSHOT_EVERY_MS),
  ];
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      if (line === 'snapshot') await primary.sendSnapshot();
      else if (line.trim() !== '') say({ executed: await primary.execute(line) });
    } catch (error) {
      if (error instanceof ReplicationError) say({ refused: words(error) });
      else complain(error);
    }
  }
  for (const timer of timers) clearInterval(timer);
  await primary.sendLog().catch(complain);
  primary.close();
}

async function runReplica(
  client: MurmurationClient,
  path: string,
  tracker: string,
  stream: string,
): Promise<void> {
  const replica = new Replica({ path, nowMs: performance.now(), patienceMs: PATIENCE_MS });
  let said = '';
  const report = (): void => {
    const now = JSON.stringify(replica.report(performance.now()));
    if (now !== said) process.stdout.write(`${now}\n`);
    said = now;
  };
  const onData = (message: Buffer): void => {
    const receipt = replica.receive(message, performance.now());
    if (receipt.did === 'refused') say({ refused: receipt.reason });
  };
  const member = await client.join([tracker], stream, onData, {
    webSocket: true,
    onGap: () => replica.gap(),
  });
  if (!member.Success) throw new ReplicationError(`There is no stream ${stream} at ${tracker}.`);
  report();
  const timer = setInterval(report, REPORT_EVERY_MS);
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.once('end', resolve));
  clearInterval(timer);
  await client.stop(member.InstanceID);
  replica.close();
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      tracker: { type: 'string' },
      stream: { type: 'string' },
      key: { type: 'string' },
      bind: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [role, path] = positionals;
  const { tracker, stream, key, bind } = values;
  const client = new MurmurationClient();
  const start = async (): Promise<void> => client.init(bind === undefined ? {} : { bind });
  try {
    if (role === 'primary' && path !== undefined && tracker !== undefined) {
      await start();
      await runPrimary(client, path, tracker, key === undefined ? {} : { key });
    } else if (role === 'replica' && path !== undefined && tracker !== undefined && stream !== undefined) {
      await start();
      await runReplica(client, path, tracker, stream);
    } else {
      console.error(USAGE);
      return 2;
    }
    return 0;
  } finally {
    await client.deinit();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(words(error));
  return 1;
});
