import { describe, expect, it } from 'vitest';
import { Signer, SlowCrypto } from '../../test-kit/crypto.ts';
import { START } from '../../test-kit/frames.ts';
import { counting } from '../../test-kit/ids.ts';
import type { LinkId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { decodeMessage, encodeMessage } from '../wire/codec.ts';
import { MessageType } from '../wire/message-type.ts';
import { SignalFailure } from '../wire/supernode-messages.ts';
import { Channel, type LinkSink, type LinkTransport, type Ports } from './ports.ts';
import { SupernodeDriver } from './supernode-driver.ts';

const [alice, bob] = [new Signer(1), new Signer(2)];

/** A supernode whose sockets are in the hands of the test; those in `full` take nothing. */
function setUp(crypto: Ports['crypto'] = new Signer(9).crypto) {
  let sink: LinkSink | undefined;
  const sent: { link: LinkId; packet: Uint8Array }[] = [];
  const full = new Set<LinkId>();
  const closed: LinkId[] = [];
  const transport: LinkTransport = {
    attach: (given) => {
      sink = given;
    },
    dial: () => undefined,
    accept: () => undefined,
    signal: () => undefined,
    send: (link, _channel, packet) => !full.has(link) && sent.push({ link, packet }) > 0,
    bufferedBytes: () => 0,
    close: (link) => closed.push(link),
  };
  const clock = { now: () => START, schedule: () => () => undefined };
  const driver = new SupernodeDriver({ transport, clock, random: seededRandom(1), crypto });
  const receive = (link: LinkId, packet: Uint8Array) => sink?.received(link, Channel.control, packet);
  return {
    driver,
    sent,
    full,
    closed,
    receive,
    connect: (client: Signer): LinkId => {
      const link = sink?.incoming() as LinkId;
      const binding = counting(link, 32);
      sink?.opened(link, binding);
      receive(link, encodeMessage(client.hello(binding)));
      return link;
    },
    signals: () => sent.filter(({ packet }) => packet[0] === MessageType.signal),
  };
}

describe('the way of a signal through a supernode', () => {
  it('[R43] the very bytes that came go on, whatever the signature', () => {
    const world = setUp();
    world.driver.start(() => {});
    const [from, to] = [world.connect(alice), world.connect(bob)];
    const packets = [alice.signal(bob.peer), { ...alice.signal(bob.peer), signature: counting(0, 64) }].map(
      (signal) => encodeMessage(signal),
    );
    for (const packet of packets) world.receive(from, packet);
    expect(world.signals().map(({ link }) => link)).toEqual([to, to]);
    for (const [at, { packet }] of world.signals().entries()) expect(packet).toBe(packets[at]);
    expect(world.driver.snapshot()).toMatchObject({ signalsForwarded: 2, signalsFailed: 0 });
  });

  it('[R25] if the receiver is slow the sender is told, and neither is cut off', () => {
    const world = setUp();
    world.driver.start(() => {});
    const [from, to] = [world.connect(alice), world.connect(bob)];
    world.full.add(to);
    world.receive(from, encodeMessage(alice.signal(bob.peer)));
    const told = decodeMessage(world.sent.at(-1)?.packet ?? new Uint8Array());
    expect(world.sent.at(-1)?.link).toBe(from);
    expect(told).toMatchObject({ value: { reason: SignalFailure.slowReceiver, to: bob.peer } });
    expect([world.closed, world.driver.snapshot()]).toMatchObject([
      [],
      { signalsForwarded: 0, signalsFailed: 1 },
    ]);
  });

  it('[R3] one to somebody whom this supernode has not greeted yet waits for its hello', async () => {
    const crypto = new SlowCrypto(new Signer(9).crypto);
    const world = setUp(crypto);
    world.driver.start(() => {});
    while (crypto.waiting > 0) await crypto.release();
    const from = world.connect(alice);
    while (crypto.waiting > 0) await crypto.release();
    const to = world.connect(bob);
    // The own hello was asked for first, and is let out last.
    while (crypto.waiting > 1) await crypto.release(crypto.waiting - 1);
    world.receive(from, encodeMessage(alice.signal(bob.peer)));
    await crypto.settled();
    expect(world.sent.filter(({ link }) => link === to)).toEqual([]);
    while (crypto.waiting > 0) await crypto.release();
    const types = world.sent.filter(({ link }) => link === to).map(({ packet }) => packet[0]);
    expect(types[0]).toBe(MessageType.hello);
    expect(types).toContain(MessageType.signal);
  });
});
