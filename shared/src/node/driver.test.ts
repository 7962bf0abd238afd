import { describe, expect, it } from 'vitest';
import { Signer, SlowCrypto } from '../../test-kit/crypto.ts';
import { START } from '../../test-kit/frames.ts';
import { counting } from '../../test-kit/ids.ts';
import type { LinkId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { beaconSigningBytes } from '../wire/beacon.ts';
import { decodeMessage, encodeMessage } from '../wire/codec.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { PeerDriver } from './peer-driver.ts';
import { type Address, Channel, type Clock, type LinkSink, type LinkTransport, type Ports } from './ports.ts';
import { defaultPeerSettings, type PeerSettings } from './settings.ts';
import { SupernodeDriver } from './supernode-driver.ts';

const LINK = 1 as LinkId;
const BINDING = counting(7, 32);

/** A transport and a clock in the hands of the test. */
function setUp(crypto: Ports['crypto']) {
  let sink: LinkSink | undefined;
  let now = START;
  const sent: { link: LinkId; channel: Channel; packet: Uint8Array }[] = [];
  const calls: string[] = [];
  const transport: LinkTransport = {
    attach: (given) => {
      sink = given;
    },
    dial: (link: LinkId, address: Address) => {
      calls.push(`dial ${link} ${address.kind}`);
    },
    accept: (link) => {
      calls.push(`accept ${link}`);
    },
    signal: (link) => {
      calls.push(`signal ${link}`);
    },
    send: (link, channel, packet) => sent.push({ link, channel, packet }) > 0,
    bufferedBytes: () => 0,
    close: (link) => {
      calls.push(`close ${link}`);
    },
  };
  let timer: { atMs: number; callback: () => void } | undefined;
  const clock: Clock = {
    now: () => now,
    schedule: (atMs, callback) => {
      const own = { atMs, callback };
      timer = own;
      return () => {
        if (timer === own) timer = undefined;
      };
    },
  };
  const ports: Ports = { transport, clock, random: seededRandom(1), crypto };
  return {
    ports,
    calls,
    get sink(): LinkSink {
      if (!sink) throw new Error('not attached');
      return sink;
    },
    run: (forMs: number): void => {
      const until = now + forMs;
      while (timer && timer.atMs <= until) {
        const { atMs, callback } = timer;
        timer = undefined;
        now = Math.max(now, atMs);
        callback();
      }
      now = until;
    },
    types: (): string[] =>
      sent.map(
        ({ packet }) => Object.entries(MessageType).find(([, type]) => type === packet[0])?.[0] ?? '?',
      ),
    packets: () => sent,
  };
}

const settings: PeerSettings = {
  ...defaultPeerSettings,
  role: 'viewer',
  supernodes: ['wss://one.example/link'],
  stream: new Signer(9).stream,
};

describe('the driver', () => {
  it('[R3] says hello before anything else, however long signing takes', async () => {
    const crypto = new SlowCrypto(new Signer(1).crypto);
    const world = setUp(crypto);
    const driver = new PeerDriver(world.ports, settings);
    driver.start(() => {});
    while (crypto.waiting > 0 || world.calls.length === 0) await crypto.release();
    expect(world.calls).toEqual(['dial 1 supernode']);
    world.sink.opened(LINK, BINDING);
    const supernode = new Signer(2);
    const hello = supernode.hello(BINDING, { role: Role.supernode, stream: undefined });
    world.sink.received(LINK, Channel.control, encodeMessage(hello));
    // The own hello is the first that waits, and is let out last.
    for (let turn = 0; turn < 20 && crypto.waiting > 1; turn++) await crypto.release(crypto.waiting - 1);
    const early = world.types();
    while (crypto.waiting > 0) await crypto.release();
    expect(early).toEqual([]);
    expect(world.types()[0]).toBe('hello');
    expect(world.types()).toContain('redirectRequest');
    expect(world.types()).toContain('digest');
  });

  it('[R26] a link that ends before its hello was signed hears nothing of it', async () => {
    const crypto = new SlowCrypto(new Signer(1).crypto);
    const world = setUp(crypto);
    new PeerDriver(world.ports, settings).start(() => {});
    await crypto.release();
    world.sink.opened(LINK, BINDING);
    world.sink.closed(LINK, 'gone');
    while (crypto.waiting > 0) await crypto.release();
    expect(world.types()).toEqual([]);
  });

  it('[R31] an offence ends the link with a goodbye', () => {
    const world = setUp(new Signer(1).crypto);
    new SupernodeDriver(world.ports).start(() => {});
    expect(world.sink.incoming()).toBe(LINK);
    world.sink.opened(LINK, BINDING);
    world.sink.received(LINK, Channel.control, Uint8Array.of(0x99));
    expect(world.types()).toEqual(['hello', 'goodbye']);
    expect(world.calls).toEqual([`close ${LINK}`]);
  });

  it('[R27] the timer follows the machine: a supernode pings whoever is linked', () => {
    const world = setUp(new Signer(1).crypto);
    const supernode = new SupernodeDriver(world.ports);
    supernode.start(() => {});
    world.sink.incoming();
    world.sink.opened(LINK, BINDING);
    world.sink.received(LINK, Channel.control, encodeMessage(new Signer(2).hello(BINDING)));
    world.run(12_000);
    // The one record is its own.
    expect(supernode.snapshot()).toMatchObject({ connections: 1, records: 1 });
    expect(world.types().filter((type) => type === 'ping').length).toBeGreaterThanOrEqual(2);
    world.run(60_000);
    expect(world.calls).toEqual([`close ${LINK}`]);
    expect(supernode.snapshot()).toMatchObject({ connections: 0 });
  });

  it('[R8] a host’s frames are signed in order and decode as what was published', async () => {
    const host = new Signer(3);
    const crypto = new SlowCrypto(host.crypto);
    const world = setUp(crypto);
    const driver = new PeerDriver(world.ports, {
      ...settings,
      role: 'host',
      stream: undefined,
      frameBytes: 100,
    });
    driver.start(() => {});
    while (crypto.waiting > 0) await crypto.release();
    const { stream, nonce } = host;
    driver.goLive({ stream, nonce, epoch: 1_000, title: 'a stream', bitsPerSecond: 1 });
    const waitingBefore = crypto.waiting;
    driver.publish(counting(0, 250), true);
    driver.publish(counting(9, 10), false);
    // All four are worked on at once; the last one is ready first.
    expect(crypto.waiting - waitingBefore).toBe(4);
    for (let turn = 0; turn < 200 && crypto.waiting > 0; turn++) await crypto.release(crypto.waiting - 1);
    await crypto.settled();
    expect(driver.snapshot()?.relay).toMatchObject({
      epoch: 1_000,
      framesHeld: 4,
      nextSeq: 4,
      bytesHeld: 260,
    });
  });

  it('[R39] a host that asks for votes says so in its beacon, and signs no frame', () => {
    const host = new Signer(3);
    const { stream, nonce, crypto } = host;
    const signed: Uint8Array[] = [];
    const sign = (bytes: Uint8Array) => {
      signed.push(bytes);
      return crypto.sign(bytes);
    };
    const driver = new PeerDriver(setUp({ ...crypto, sign }).ports, {
      ...settings,
      role: 'host',
      stream: undefined,
    });
    driver.start(() => {});
    const live = { stream, nonce, epoch: 1_000, title: 'a stream', bitsPerSecond: 2_500_000, stripes: 1 };
    for (const minVotes of [17, -1, 1.5])
      expect(() => driver.goLive({ ...live, minVotes })).toThrow(RangeError);
    for (const messageBytesMax of [0, -1, 1.5, 4 * 1024 * 1024 + 1])
      expect(() => driver.goLive({ ...live, messageBytesMax })).toThrow(RangeError);
    driver.goLive({ ...live, minVotes: 3 });
    expect(signed).toContainEqual(beaconSigningBytes(host.beacon({ minVotes: 3 })));
    const before = signed.length;
    driver.publish(counting(0, 250), true);
    expect(signed.length).toBe(before);
    driver.publishBundle([counting(0, 100), counting(0, 50)], true);
    expect(signed.length).toBe(before);
    expect(driver.snapshot()?.relay).toMatchObject({ framesHeld: 2, bytesHeld: 404 });
  });

  it('[R9] messages of a bundle go out in one frame, signed once; what no bundle can be is told at once', () => {
    const host = new Signer(3);
    const { stream, nonce, crypto } = host;
    let signatures = 0;
    const sign = (bytes: Uint8Array) => {
      signatures++;
      return crypto.sign(bytes);
    };
    const driver = new PeerDriver(setUp({ ...crypto, sign }).ports, {
      ...settings,
      role: 'host',
      stream: undefined,
      frameBytes: 300,
    });
    driver.start(() => {});
    const live = { stream, nonce, epoch: 1_000, title: 'a stream', bitsPerSecond: 1 };
    driver.goLive({ ...live, messageBytesMax: 100 });
    const before = signatures;
    driver.publishBundle([counting(0, 98), counting(1, 98), counting(2, 98)], true);
    driver.publishBundle([counting(0, 100)], true);
    expect(signatures).toBe(before + 2);
    expect(driver.snapshot()?.relay).toMatchObject({ framesHeld: 2, nextSeq: 2, bytesHeld: 402 });
    const none = new Uint8Array(0);
    for (const messages of [
      [],
      Array<Uint8Array>(limits.bundleMessagesMax + 1).fill(none),
      [none, new Uint8Array(101)],
      [...Array<Uint8Array>(3).fill(new Uint8Array(98)), none],
    ])
      expect(() => driver.publishBundle(messages, true)).toThrow(RangeError);
    expect(driver.snapshot()?.relay?.nextSeq).toBe(2);
  });

  it('[R6] a message or a title over the limit is the caller’s mistake, told at once', () => {
    const host = new Signer(3);
    const world = setUp(host.crypto);
    const driver = new PeerDriver(world.ports, { ...settings, role: 'host', stream: undefined });
    driver.start(() => {});
    const live = { stream: host.stream, nonce: host.nonce, epoch: 1_000, bitsPerSecond: 1 };
    expect(() => driver.goLive({ ...live, title: 'é'.repeat(49) })).toThrow(RangeError);
    driver.goLive({ ...live, title: 'é'.repeat(48) });
    expect(() => driver.publish(new Uint8Array(limits.messageBytesMax + 1), true)).toThrow(RangeError);
  });

  it('[R22] stopping says goodbye on every link, after the leave record', () => {
    const world = setUp(new Signer(1).crypto);
    const driver = new PeerDriver(world.ports, settings);
    driver.start(() => {});
    world.sink.opened(LINK, BINDING);
    const hello = new Signer(2).hello(BINDING, { role: Role.supernode, stream: undefined });
    world.sink.received(LINK, Channel.control, encodeMessage(hello));
    world.run(1_000);
    const before = world.packets().length;
    driver.stop();
    const last = world
      .packets()
      .slice(before)
      .map(({ packet }) => decodeMessage(packet));
    expect(last).toMatchObject([
      { ok: true, value: { type: MessageType.records, records: [{ status: 1 }] } },
      { ok: true, value: { type: MessageType.goodbye, reason: 0 } },
    ]);
    expect(world.calls.at(-1)).toBe(`close ${LINK}`);
  });
});
