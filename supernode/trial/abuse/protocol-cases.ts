/** Attacks with well-formed packets: false identities, forgeries, floods of what is allowed, and receivers that do not read. */
import { setTimeout as sleep } from 'node:timers/promises';
import { equalBytes } from '@murmuration/shared/lib/bytes.ts';
import { type StreamId, streamIdFromBytes, tagOf } from '@murmuration/shared/lib/ids.ts';
import { encodeMessage } from '@murmuration/shared/wire/codec.ts';
import { helloSigningBytes, Role } from '@murmuration/shared/wire/link-messages.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { RedirectIntent, SignalFailure } from '@murmuration/shared/wire/supernode-messages.ts';
import { Identity } from '../identity.ts';
import { endOf } from '../outcome.ts';
import { TrialClient } from '../trial-client.ts';
import { type AbuseCase, attacker, attackers, flood, localAddress, type Target } from './abuse-case.ts';

const from = { localAddress: localAddress() };
const STREAM: StreamId = streamIdFromBytes(new Uint8Array(20).fill(9));
const SMALL = new Uint8Array(100);
/** Goodbye's reasons: PROTOCOL.md R26. */
const [BAD_PACKET, WRONG_IDENTITY, WRONG_VERSION, TOO_FAST, NOT_LISTED] = [3, 5, 6, 7, 11];
const cut = (goodbye: number): string => `close 1000 goodbye ${goodbye}`;

/** Says something after its hello. */
const says =
  (packet: (client: TrialClient, target: Target) => Uint8Array) =>
  async (target: Target): Promise<string> => {
    const client = await attacker(target.port);
    client.sendBytes(packet(client, target));
    return endOf(client);
  };

/** Says something instead of its hello. */
const saysFirst =
  (packet: (client: TrialClient, target: Target) => Uint8Array) =>
  async (target: Target): Promise<string> => {
    const client = await TrialClient.bound(target.port, from);
    // A goodbye goes out only behind the supernode's own hello, which takes a moment to sign.
    await client.next(MessageType.hello);
    client.sendBytes(packet(client, target));
    return endOf(client);
  };

/** How many signals fail with a reason, of those that are sent. */
async function failures(client: TrialClient, send: () => void, reason: SignalFailure): Promise<number> {
  let failed = 0;
  client.onMessage = (message) => {
    if (message.type === MessageType.signalFailed && message.reason === reason) failed++;
  };
  send();
  // A ping behind all of it: its answer comes after all the others.
  client.send({ type: MessageType.ping, number: 77 });
  await client.next(MessageType.pong);
  return failed;
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

export const protocolCases: readonly AbuseCase[] = [
  {
    name: 'a hello with a wrong signature',
    expects: cut(WRONG_IDENTITY),
    run: saysFirst(({ identity, binding }) =>
      flipped(encodeMessage(identity.hello(binding as Uint8Array)), 118),
    ),
  },
  {
    name: 'the hello of another connection (replay)',
    expects: cut(WRONG_IDENTITY),
    run: saysFirst(({ identity }) => encodeMessage(identity.hello(new Uint8Array(32).fill(1)))),
  },
  {
    name: 'a hello with the key of somebody else',
    expects: cut(WRONG_IDENTITY),
    run: saysFirst(({ identity, binding }, { victim }) => {
      const hello = identity.hello(binding as Uint8Array);
      return encodeMessage({ ...hello, publicKey: victim.identity.publicKey });
    }),
  },
  {
    name: 'a hello of another version',
    expects: cut(WRONG_VERSION),
    run: saysFirst(({ identity, binding }) => {
      const { publicKey } = identity;
      const body = { version: 9, role: Role.viewer, stream: undefined, publicKey };
      return encodeMessage({
        type: MessageType.hello,
        ...body,
        signature: identity.sign(helloSigningBytes(body, binding as Uint8Array)),
      });
    }),
  },
  {
    name: 'garbage instead of a hello',
    expects: cut(BAD_PACKET),
    run: saysFirst(() => Uint8Array.of(0xff, 1, 2)),
  },
  { name: 'garbage after the hello', expects: cut(BAD_PACKET), run: says(() => Uint8Array.of(0xff, 1, 2)) },
  { name: 'an empty packet', expects: cut(BAD_PACKET), run: says(() => new Uint8Array(0)) },
  {
    name: 'a second hello',
    expects: cut(BAD_PACKET),
    run: says(({ identity, binding }) => encodeMessage(identity.hello(binding as Uint8Array))),
  },
  {
    name: 'a frame of a stream, which belongs elsewhere',
    expects: cut(BAD_PACKET),
    run: says(() => Uint8Array.of(0x11, ...new Uint8Array(200))),
  },
  {
    name: 'a list that announces more than it may hold',
    expects: cut(BAD_PACKET),
    run: says(() => Uint8Array.of(0x25, 0xff, 0xff)),
  },
  {
    name: 'a forged record',
    expects: cut(BAD_PACKET),
    run: says((_client, { victim }) => {
      const record = victim.identity.record(STREAM);
      const forged = { ...record, signature: flipped(record.signature, 0) };
      return encodeMessage({ type: MessageType.records, records: [forged] });
    }),
  },
  {
    name: 'a signal whose sizes do not fit',
    expects: cut(BAD_PACKET),
    run: says(({ identity }, { victim }) => {
      const packet = encodeMessage(identity.signal(victim.identity.peer, SMALL));
      return Uint8Array.of(...packet, 0);
    }),
  },
  {
    name: 'a signal with a forged signature',
    expects: 'left to the receiver',
    run: async ({ port, victim }) => {
      const client = await attacker(port);
      victim.count(MessageType.signal);
      const signal = client.identity.signal(victim.identity.peer, SMALL);
      const signature = flipped(signal.signature, 0);
      client.send({ ...signal, signature });
      const came = await victim.next(MessageType.signal);
      client.end();
      return equalBytes(came.signature, signature) ? 'left to the receiver' : 'changed';
    },
  },
  {
    name: 'somebody else’s signal, validly signed (replay)',
    expects: 'not delivered',
    run: async ({ port, victim }) => {
      const [client, other] = [await attacker(port), new Identity()];
      victim.count(MessageType.signal);
      client.send(other.signal(victim.identity.peer, SMALL));
      client.send({ type: MessageType.ping, number: 1 });
      await client.next(MessageType.pong);
      client.end();
      return victim.count(MessageType.signal) === 0 ? 'not delivered' : 'delivered';
    },
  },
  {
    name: 'signals to one victim without measure',
    expects: 'too fast after 60',
    run: async ({ port, victim }) => {
      const client = await attacker(port);
      victim.count(MessageType.signal);
      const signal = client.identity.signal(victim.identity.peer, SMALL);
      const send = (): void => {
        for (let at = 0; at < 150; at++) client.send(signal);
      };
      const failed = await failures(client, send, SignalFailure.tooFast);
      client.end();
      return failed >= 80 && failed <= 90 ? 'too fast after 60' : `${failed} of 150 too fast`;
    },
  },
  {
    name: 'signals to everybody (offer fan-out)',
    expects: 'too fast after 64',
    run: async ({ port }) => {
      const others = await attackers(port, 100, 5);
      const client = await attacker(port);
      const send = (): void => {
        for (const { identity } of others) client.send(client.identity.signal(identity.peer, SMALL));
      };
      const failed = await failures(client, send, SignalFailure.tooFast);
      for (const each of [client, ...others]) each.end();
      return failed >= 30 && failed <= 36 ? 'too fast after 64' : `${failed} of 100 too fast`;
    },
  },
  {
    name: 'signals to nobody',
    expects: 'unknown peer, then too fast',
    run: async ({ port }) => {
      const client = await attacker(port);
      const reasons = new Set<number>();
      client.onMessage = (message) => {
        if (message.type === MessageType.signalFailed) reasons.add(message.reason);
      };
      const signal = client.identity.signal(new Identity().peer, SMALL);
      for (let at = 0; at < 300; at++) client.send(signal);
      client.send({ type: MessageType.ping, number: 1 });
      await client.next(MessageType.pong);
      client.end();
      const both = reasons.has(SignalFailure.unknownPeer) && reasons.has(SignalFailure.tooFast);
      return both ? 'unknown peer, then too fast' : [...reasons].join();
    },
  },
  {
    name: 'redirect requests without measure',
    expects: 'ignored after 10',
    run: async ({ port }) => {
      const client = await attacker(port);
      const request = {
        type: MessageType.redirectRequest,
        intent: RedirectIntent.join,
        stream: STREAM,
      } as const;
      for (let at = 0; at < 200; at++) client.send(request);
      client.send({ type: MessageType.ping, number: 1 });
      await client.next(MessageType.pong);
      const answers = client.count(MessageType.redirectAnswer);
      client.end();
      return answers >= 10 && answers <= 12 ? 'ignored after 10' : `${answers} answers`;
    },
  },
  {
    name: 'one identity that comes again and again',
    expects: cut(TOO_FAST),
    run: async ({ port }) => {
      const identity = new Identity();
      for (let at = 0; at < 40; at++) {
        const client = await TrialClient.bound(port, { ...from, identity });
        client.greet();
        await Promise.race([client.next(MessageType.hello), client.closed]).catch(() => undefined);
        client.send({ type: MessageType.ping, number: 1 });
        const alive = await client.next(MessageType.pong).catch(() => undefined);
        if (alive === undefined) return endOf(client);
        client.end();
      }
      return 'no end';
    },
  },
  {
    name: 'everybody says that they are a supernode',
    expects: cut(NOT_LISTED),
    run: async ({ port }) => {
      const liars = await Promise.all(
        Array.from({ length: 33 }, () => TrialClient.bound(port, { localAddress: localAddress(6) })),
      );
      for (const liar of liars) liar.greet({ role: Role.supernode });
      const outcomes = new Set(await Promise.all(liars.map((liar) => endOf(liar))));
      // Nothing goes out before the supernode's own hello is signed: whoever it has judged by then is not told why.
      if (outcomes.size > 1) outcomes.delete('close 1000');
      return [...outcomes].join();
    },
  },
  {
    name: 'a thousand invented members',
    expects: 'at most 300 taken',
    run: async ({ port, metric }) => {
      const client = await attacker(port, { stream: STREAM });
      const before = await metric('murmuration_records');
      for (let packet = 0; packet < 20; packet++) {
        const records = Array.from({ length: 50 }, () => new Identity().record(STREAM));
        client.send({ type: MessageType.records, records });
        await sleep(20);
      }
      client.send({ type: MessageType.ping, number: 1 });
      await client.next(MessageType.pong).catch(() => undefined);
      const taken = (await metric('murmuration_records')) - before;
      client.end();
      return taken <= 300 ? 'at most 300 taken' : `${taken} taken`;
    },
  },
  {
    name: 'asking for everything again and again',
    expects: cut(TOO_FAST),
    run: async ({ port }) => {
      const client = await attacker(port, { stream: STREAM });
      const records = Array.from({ length: 64 }, () => new Identity().record(STREAM));
      client.send({ type: MessageType.records, records });
      const entries = records.map(({ id }) => ({ tag: tagOf(id), what: 3 as const, linksSeqHeld: 0 }));
      const wanted = encodeMessage({ type: MessageType.wanted, entries });
      await flood(client, () => wanted, 300);
      return endOf(client);
    },
  },
  {
    name: 'a receiver that does not read, and forty who send to it',
    expects: 'slow receiver',
    run: async ({ port, metric }) => {
      const deaf = await attacker(port, { localAddress: localAddress(7) });
      deaf.socket.pause();
      const senders = await attackers(port, 60, 7);
      let slow = 0;
      const unheard = (): boolean => slow > 0;
      const payload = new Uint8Array(12 * 1024);
      for (const sender of senders)
        sender.onMessage = (message) => {
          if (message.type === MessageType.signalFailed && message.reason === SignalFailure.slowReceiver)
            slow++;
        };
      const signals = senders.map(({ identity }) =>
        encodeMessage(identity.signal(deaf.identity.peer, payload)),
      );
      for (let round = 0; round < 58 && !unheard(); round++) {
        for (const [at, sender] of senders.entries()) sender.sendBytes(signals[at] as Uint8Array);
        await sleep(20);
      }
      for (let tries = 0; tries < 50 && !unheard(); tries++) await sleep(20);
      const buffered = await metric('murmuration_buffered_bytes');
      for (const client of [deaf, ...senders]) client.end();
      if (buffered > 1024 * 1024) return `${buffered} bytes wait`;
      return unheard() ? 'slow receiver' : 'all delivered';
    },
  },
  {
    name: 'fifty receivers that do not read what they asked for',
    expects: 'at most 64 MiB wait',
    run: async ({ port, metric }) => {
      const clients = await attackers(port, 50, 8);
      for (const { socket } of clients) socket.pause();
      const request = {
        type: MessageType.redirectRequest,
        intent: RedirectIntent.join,
        stream: STREAM,
      } as const;
      for (let round = 0; round < 20; round++) {
        for (const client of clients) client.send(request);
        await sleep(20);
      }
      const buffered = await metric('murmuration_buffered_bytes');
      for (const client of clients) client.end();
      return buffered <= 64 * 1024 * 1024 ? 'at most 64 MiB wait' : `${buffered} bytes wait`;
    },
  },
  {
    name: 'going without a word, a hundred at once',
    expects: 'all forgotten',
    run: async ({ port, metric }) => {
      const before = await metric('murmuration_sockets');
      const clients = await attackers(port, 100, 9);
      for (const { socket } of clients) socket.terminate();
      for (let tries = 0; tries < 100; tries++) {
        if ((await metric('murmuration_sockets')) <= before) return 'all forgotten';
        await sleep(50);
      }
      return `${(await metric('murmuration_sockets')) - before} remembered`;
    },
  },
];
