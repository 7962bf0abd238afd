/** One way to misuse a supernode, and what the guide (OPERATING.md) or the protocol says comes of it. */
import type { WireMessage } from '@murmuration/shared/wire/codec.ts';
import { Identity } from '../identity.ts';
import { TrialClient, type TrialClientOptions } from '../trial-client.ts';

export interface AbuseCase {
  readonly name: string;
  /** In the words of outcome.ts: `http 429`, `close 4003`, `close 1000 goodbye 3`; or what the case says itself. */
  readonly expects: string;
  run(target: Target): Promise<string>;
}

export interface Target {
  readonly port: number;
  /** Somebody well-behaved who is linked, for attacks that need a victim. */
  readonly victim: TrialClient;
  /** What the operator sees of a counter. */
  metric(name: string): Promise<number>;
}

/** The supernode under attack is impatient, so that the suite does not take hours; all other limits are the defaults. */
export const TARGET_FLAGS: readonly string[] = Object.entries({
  origin: 'https://good.example',
  'first-message-ms': 1_000,
  'headers-ms': 1_000,
  'request-ms': 1_500,
  'idle-ms': 2_000,
  'ping-ms': 1_500,
  'max-sockets-per-address': 300,
  'upgrades-burst': 1_000,
}).flatMap(([flag, value]) => [`--${flag}`, String(value)]);

/** Attackers have addresses of their own on loopback, so that the limits for theirs are not those of honest clients. */
export const localAddress = (attacker = 2): string => `127.0.0.${attacker}`;

/** An attacker who has said hello. */
export const attacker = (port: number, options: TrialClientOptions = {}): Promise<TrialClient> =>
  TrialClient.open(port, { localAddress: localAddress(), ...options });

export const attackers = (port: number, count: number, from = 2): Promise<TrialClient[]> =>
  Promise.all(
    Array.from({ length: count }, () =>
      attacker(port, { localAddress: localAddress(from), identity: new Identity() }),
    ),
  );

/** Sends the same message over and over, `perTurn` at a time, until the socket ends or `times` is reached. */
export async function flood(
  client: TrialClient,
  message: () => WireMessage | Uint8Array,
  times: number,
): Promise<void> {
  for (let sent = 0; sent < times && client.socket.readyState === client.socket.OPEN; sent++) {
    const next = message();
    if (next instanceof Uint8Array) client.sendBytes(next);
    else client.send(next);
    if (sent % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
  }
}
