/**
 * A program of its own that makes load for a signaling server on loopback: `main.ts <kind> <port>`. Each line that it reads is a
 * JSON object that says what to do, each line that it writes what came of it. It ends when there is no more to read.
 */
import { createInterface } from 'node:readline';
import { Load } from './load.ts';
import { redirectLatencies } from './redirects.ts';

type Order =
  | { readonly do: 'join'; readonly count: number; readonly swarms: number }
  | { readonly do: 'closed'; readonly signals: number; readonly ms: number; readonly pairs: number }
  | { readonly do: 'open'; readonly ms: number; readonly perSecond: number }
  | { readonly do: 'redirects'; readonly count: number; readonly everyMs: number }
  | { readonly do: 'leave' };

const [kind = '', port = ''] = process.argv.slice(2);
const load = new Load(kind, Number(port));

async function obey(order: Order): Promise<object> {
  switch (order.do) {
    case 'join':
      await load.join(order.count, order.swarms);
      return {};
    case 'closed':
      return { signals: await load.closedLoop(order.signals, order.ms, order.pairs) };
    case 'open':
      return { signals: await load.openLoop(order.ms, order.perSecond) };
    case 'redirects':
      return { latenciesMs: await redirectLatencies(Number(port), order.count, order.everyMs) };
    case 'leave':
      load.leave();
      return {};
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await obey(JSON.parse(line) as Order).catch((error: unknown) => ({ error: String(error) }));
  console.log(JSON.stringify(answer));
}
process.exit();
