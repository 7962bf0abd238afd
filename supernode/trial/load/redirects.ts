/** How long a newcomer waits for the supernode's answer to “who is in this stream?”, while thousands of members are linked to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { streamIdFromBytes } from '@murmuration/shared/lib/ids.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { RedirectIntent } from '@murmuration/shared/wire/supernode-messages.ts';
import { TrialClient } from '../trial-client.ts';

const HEARD: ReadonlySet<number> = new Set([MessageType.hello, MessageType.ping, MessageType.redirectAnswer]);

/** In ms, one request after another; from a process of its own, so that the members' work does not count. */
export async function redirectLatencies(port: number, count: number, everyMs: number): Promise<number[]> {
  const stream = streamIdFromBytes(new Uint8Array(20).fill(1));
  const client = await TrialClient.open(port, { hears: HEARD, stream });
  const latenciesMs: number[] = [];
  for (let at = 0; at < count; at++) {
    const askedMs = performance.now();
    client.send({ type: MessageType.redirectRequest, intent: RedirectIntent.join, stream });
    const { inside } = await client.next(MessageType.redirectAnswer);
    latenciesMs.push(performance.now() - askedMs);
    if (inside.length === 0) throw new Error('the supernode proposes nobody');
    await sleep(everyMs);
  }
  client.end();
  return latenciesMs;
}
