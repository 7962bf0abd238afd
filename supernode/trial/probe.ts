/** Two well-behaved clients beside an attack: how long a ping, a signal and a page's health take, and whether any got lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { TrialClient } from './trial-client.ts';

const PING_EVERY_MS = 50;
const SIGNAL_EVERY_MS = 250;
const HTTP_EVERY_MS = 500;
/** An answer that takes longer counts as lost. */
const LOST_AFTER_MS = 10_000;

export interface ProbeResult {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  readonly lost: number;
}

export class Probe {
  readonly #near: TrialClient;
  readonly #far: TrialClient;
  readonly #port: number;
  readonly #times: number[] = [];
  readonly #loops: Promise<void>[];
  #lost = 0;
  #running = true;

  private constructor(port: number, near: TrialClient, far: TrialClient) {
    this.#port = port;
    this.#near = near;
    this.#far = far;
    this.#loops = [
      this.#every(PING_EVERY_MS, (number) => this.#ping(number)),
      this.#every(SIGNAL_EVERY_MS, (number) => this.#signal(number)),
      this.#every(HTTP_EVERY_MS, () => this.#http()),
    ];
  }

  static async start(port: number): Promise<Probe> {
    return new Probe(port, await TrialClient.open(port), await TrialClient.open(port));
  }

  async #every(everyMs: number, once: (number: number) => Promise<unknown>): Promise<void> {
    for (let number = 1; this.#running; number++) {
      const fromMs = performance.now();
      const answered = await Promise.race([
        once(number).then(
          () => true,
          () => false,
        ),
        sleep(LOST_AFTER_MS, false, { ref: false }),
      ]);
      const tookMs = performance.now() - fromMs;
      if (answered) this.#times.push(tookMs);
      else this.#lost++;
      await sleep(Math.max(0, everyMs - tookMs));
    }
  }

  async #ping(number: number): Promise<unknown> {
    this.#near.send({ type: MessageType.ping, number });
    return this.#near.next(MessageType.pong);
  }

  async #signal(number: number): Promise<void> {
    const { peer } = this.#far.identity;
    this.#near.send(this.#near.identity.signal(peer, new Uint8Array(1_000), number));
    await this.#far.next(MessageType.signal);
  }

  async #http(): Promise<void> {
    const { status } = await fetch(`http://127.0.0.1:${this.#port}/livez`);
    if (status !== 200) throw new Error(`/livez answers with ${status}`);
  }

  async stop(): Promise<ProbeResult> {
    this.#running = false;
    await Promise.all(this.#loops);
    this.#near.end();
    this.#far.end();
    const sorted = this.#times.sort((a, b) => a - b);
    const quantile = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
    return {
      samples: sorted.length,
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
      worstMs: quantile(1),
      lost: this.#lost,
    };
  }
}
