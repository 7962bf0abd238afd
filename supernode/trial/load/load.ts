/** The clients of one signaling server, and what they do: all come, all send, all go. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LoadClient, openClient } from './clients.ts';

const JOIN_BATCH = 50;
/** What is under way when the time is up still arrives. */
const DRAIN_MS = 500;
const TICK_MS = 10;

export class Load {
  readonly #kind: string;
  readonly #port: number;
  readonly #clients: LoadClient[] = [];
  #next = 0;
  #arrived = 0;
  /** Answers of the closed loop; undefined while it does not run. */
  #answers: ((client: LoadClient, signal: Buffer) => void) | undefined;

  constructor(kind: string, port: number) {
    this.#kind = kind;
    this.#port = port;
  }

  /** So many come, in so many swarms of nearly equal size; whoever has a partner has it in the same swarm. */
  async join(count: number, swarms: number): Promise<void> {
    const open = openClient[this.#kind];
    if (open === undefined) throw new Error(`no such kind of server: ${this.#kind}`);
    const pairs = Math.ceil(count / 2 / swarms);
    for (let at = 0; at < count; at += JOIN_BATCH) {
      const batch = Array.from({ length: Math.min(JOIN_BATCH, count - at) }, (_, i) => {
        const place = { port: this.#port, number: this.#next++, swarm: Math.floor((at + i) / 2 / pairs) };
        return open(place);
      });
      this.#clients.push(...(await Promise.all(batch)));
    }
    for (const [at, client] of this.#clients.entries()) {
      const partner = this.#clients[at ^ 1];
      if (partner === undefined) continue;
      client.aimAt(partner);
      client.socket.on('message', (data: Buffer) => client.isSignal(data) && this.#arrive(client, data));
      client.socket.on('error', () => undefined);
    }
  }

  #arrive(client: LoadClient, signal: Buffer): void {
    this.#arrived++;
    this.#answers?.(client, signal);
  }

  /**
   * Each of so many pairs has one signal under way, which is answered as soon as it arrives. Ends when so many have arrived, or when
   * the time is up. How many arrived.
   */
  async closedLoop(signals: number, ms: number, pairs: number): Promise<number> {
    this.#arrived = 0;
    let done: () => void = () => undefined;
    const enough = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.#answers = (client, signal) => {
      if (this.#arrived < signals) client.reply(signal);
      else done();
    };
    for (let at = 0; at < Math.min(this.#clients.length, 2 * pairs); at += 2) this.#clients[at]?.send();
    await Promise.race([enough, sleep(ms)]);
    this.#answers = undefined;
    await sleep(DRAIN_MS);
    return this.#arrived;
  }

  /** So many are sent each second, whatever arrives. */
  async openLoop(ms: number, perSecond: number): Promise<number> {
    this.#arrived = 0;
    let sent = 0;
    const startMs = performance.now();
    for (let nowMs = 0; nowMs < ms; nowMs = performance.now() - startMs) {
      // Of what is owed, not more than two ticks' worth at once: a generator that was held up makes no burst of it.
      const owed = Math.min((nowMs / 1_000) * perSecond - sent, (2 * TICK_MS * perSecond) / 1_000);
      for (let i = 0; i < owed; i++) this.#clients[sent++ % this.#clients.length]?.send();
      await sleep(TICK_MS);
    }
    await sleep(DRAIN_MS);
    return this.#arrived;
  }

  leave(): void {
    for (const { socket } of this.#clients.splice(0)) socket.terminate();
  }
}
