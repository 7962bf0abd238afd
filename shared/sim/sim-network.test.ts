import { describe, expect, it } from 'vitest';
import { assert } from '../src/lib/assert.ts';
import type { LinkId, PeerId } from '../src/lib/ids.ts';
import { LinkSender, senderLimits } from '../src/node/link-sender.ts';
import { Channel, type LinkSink } from '../src/node/ports.ts';
import { type Bandwidth, defaultNetworkSettings, type NetworkSettings } from './network-settings.ts';
import { SimNetwork } from './sim-network.ts';
import { SimTransport } from './sim-transport.ts';
import { Trace } from './trace.ts';
import { START_UNIX_MS, VirtualClock } from './virtual-clock.ts';

/** 8 Mbit/s: one byte a microsecond. */
const MEGABYTE_LINE: Bandwidth = { uploadBitsPerSecond: 8_000_000, downloadBitsPerSecond: undefined };
const [A, B] = [1 as LinkId, 2 as LinkId];
const SOMEBODY = 'somebody' as PeerId;

interface Received {
  readonly atMs: number;
  readonly channel: Channel;
  readonly packet: Uint8Array;
}

/** One end of the wire, which notes what it is told. */
class Station implements LinkSink {
  readonly transport: SimTransport;
  readonly clock: VirtualClock;
  readonly received_: Received[] = [];
  readonly drainedAtMs: number[] = [];
  openedAtMs: number | undefined;
  binding: Uint8Array | undefined;
  closedAtMs: number | undefined;
  closedReason = '';
  onSignal: (payload: Uint8Array) => void = () => undefined;
  onDrained: () => void = () => undefined;

  constructor(network: SimNetwork, node: number, bandwidth: Bandwidth) {
    this.clock = network.clock;
    this.transport = new SimTransport(network, node, bandwidth);
    this.transport.attach(this);
  }

  incoming(): LinkId {
    return B;
  }

  opened(_link: LinkId, binding: Uint8Array): void {
    this.openedAtMs = this.clock.elapsedMs;
    this.binding = binding;
  }

  signal(_link: LinkId, payload: Uint8Array): void {
    this.onSignal(payload);
  }

  received(_link: LinkId, channel: Channel, packet: Uint8Array): void {
    this.received_.push({ atMs: this.clock.elapsedMs, channel, packet });
  }

  drained(): void {
    this.drainedAtMs.push(this.clock.elapsedMs);
    this.onDrained();
  }

  closed(_link: LinkId, reason: string): void {
    this.closedAtMs = this.clock.elapsedMs;
    this.closedReason = reason;
  }
}

/** Without headers and acknowledgements the arithmetic is plain: 10 ms latency, 1 ms for 1,000 bytes. */
const PLAIN: Partial<NetworkSettings> = {
  latencyMinMs: 10,
  latencyMaxMs: 10,
  datagramOverheadBytes: 0,
  acksPerDatagram: 0,
};

function pair(settings: Partial<NetworkSettings>, bandwidth: { a?: Bandwidth; b?: Bandwidth } = {}) {
  const clock = new VirtualClock();
  const network = new SimNetwork(clock, new Trace(), 1, { ...defaultNetworkSettings, ...settings });
  const a = new Station(network, 0, bandwidth.a ?? MEGABYTE_LINE);
  const b = new Station(network, 1, bandwidth.b ?? MEGABYTE_LINE);
  a.onSignal = (offer) => b.transport.accept(B, SOMEBODY, offer);
  b.onSignal = (answer) => a.transport.signal(A, answer);
  const run = (ms: number): void => clock.runUntil(clock.nowMs + ms);
  const linked = () => {
    a.transport.dial(A, { kind: 'peer', peer: SOMEBODY });
    run(1_000);
    assert(a.openedAtMs !== undefined && b.openedAtMs !== undefined, 'open at both ends');
    return { a, b, network, clock, run, zeroMs: clock.elapsedMs };
  };
  return { a, b, network, clock, run, linked };
}

const packet = (bytes: number, first = 0): Uint8Array => new Uint8Array(bytes).fill(first, 0, 1);

describe('opening a link', () => {
  it('takes a signal each way, then the round trips of the set-up; both ends share a binding', () => {
    const { a, b, run } = pair({ ...PLAIN, gatherMs: 2, setupMs: 20, setupRoundTrips: 3 });
    a.transport.dial(A, { kind: 'peer', peer: SOMEBODY });
    run(1_000);
    expect(a.openedAtMs).toBe(2 + 2 + 20 + 3 * 20);
    expect(b.openedAtMs).toBe(a.openedAtMs);
    expect(a.binding).toHaveLength(32);
    expect(b.binding).toEqual(a.binding);
  });

  it('gives up a dial that nobody answers', () => {
    const { a, run } = pair({ ...PLAIN, dialTimeoutMs: 5_000 });
    a.onSignal = () => undefined;
    a.transport.dial(A, { kind: 'peer', peer: SOMEBODY });
    run(4_999);
    expect(a.closedAtMs).toBeUndefined();
    run(1);
    expect(a.closedAtMs).toBe(5_000);
    expect(a.openedAtMs).toBeUndefined();
  });

  it('closes the answering end on a signal that is no offer, and ignores answers that are none', () => {
    const { a, b, run } = pair(PLAIN);
    b.transport.accept(B, SOMEBODY, Uint8Array.of(9, 9));
    a.onSignal = () => a.transport.signal(A, Uint8Array.of(2, 0, 0));
    a.transport.dial(A, { kind: 'peer', peer: SOMEBODY });
    run(100);
    expect(b.closedReason).toBe('not an offer');
    expect(a.openedAtMs).toBeUndefined();
    expect(a.closedAtMs).toBeUndefined();
  });

  it('reaches a supernode by its URL, and is refused where nobody listens', () => {
    const { a, b, network, run } = pair(PLAIN);
    network.listen('ws://here', b.transport);
    a.transport.dial(A, { kind: 'supernode', url: 'ws://here' });
    a.transport.dial(3 as LinkId, { kind: 'supernode', url: 'ws://nowhere' });
    run(1_000);
    expect(b.openedAtMs).toBe(a.openedAtMs);
    expect(b.binding).toEqual(a.binding);
    expect(a.closedReason).toBe('connection refused');
  });

  it('sends nothing before it is open', () => {
    const { a } = pair(PLAIN);
    a.transport.dial(A, { kind: 'peer', peer: SOMEBODY });
    expect(a.transport.send(A, Channel.control, packet(1))).toBe(false);
    expect(a.transport.send(7 as LinkId, Channel.control, packet(1))).toBe(false);
  });
});

describe('latency', () => {
  it('is within its bounds, the same both ways, and its own for every pair', () => {
    const { network } = pair({ latencyMinMs: 10, latencyMaxMs: 50 });
    const seen = new Set<number>();
    let sum = 0;
    for (let a = 0; a < 60; a++) {
      for (let b = 0; b < a; b++) {
        const ms = network.latencyMs(a, b);
        expect(ms).toBe(network.latencyMs(b, a));
        expect(ms).toBeGreaterThanOrEqual(10);
        expect(ms).toBeLessThanOrEqual(50);
        seen.add(ms);
        sum += ms;
      }
    }
    expect(seen.size).toBe(1_770);
    expect(sum / 1_770).toBeGreaterThan(28);
    expect(sum / 1_770).toBeLessThan(32);
  });
});

describe('bandwidth', () => {
  it('serialises what one node sends: each packet leaves after the one before', () => {
    const { a, b, run, zeroMs } = pair(PLAIN).linked();
    a.transport.send(A, Channel.frames, packet(4_000, 1));
    a.transport.send(A, Channel.control, packet(1_000, 2));
    a.transport.send(A, Channel.frames, packet(5_000, 3));
    run(100);
    expect(b.received_.map(({ atMs, packet: [first] }) => [Math.round(atMs - zeroMs), first])).toEqual([
      [14, 1],
      [15, 2],
      [20, 3],
    ]);
  });

  it('counts the headers of every datagram, and charges the receiver for acknowledgements', () => {
    const { a, b, run, zeroMs } = pair({
      ...PLAIN,
      datagramOverheadBytes: 93,
      datagramPayloadBytes: 1_160,
      acksPerDatagram: 0.5,
    }).linked();
    a.transport.send(A, Channel.frames, packet(2_321));
    run(100);
    const wireBytes = 2_321 + 3 * 93;
    expect(b.received_[0]?.atMs).toBeCloseTo(zeroMs + 10 + wireBytes / 1_000, 2);
    expect(a.transport.traffic.out[Channel.frames]).toMatchObject({ packets: 1, wireBytes });
    expect(b.transport.traffic.in[Channel.frames]).toMatchObject({ packets: 1, wireBytes });
    expect(b.transport.traffic.ackBytesOut).toBeCloseTo(1.5 * 93);
  });

  it('lets packets through a slow download line one after another', () => {
    const slow: Bandwidth = { uploadBitsPerSecond: 8_000_000, downloadBitsPerSecond: 800_000 };
    const { a, b, run, zeroMs } = pair(PLAIN, { b: slow }).linked();
    a.transport.send(A, Channel.frames, packet(1_000));
    a.transport.send(A, Channel.frames, packet(1_000));
    run(100);
    expect(b.received_.map(({ atMs }) => Math.round(atMs - zeroMs))).toEqual([21, 31]);
  });

  it('tells truthfully what waits, and says when the buffer has drained', () => {
    const { a, run, zeroMs } = pair(PLAIN).linked();
    for (let i = 0; i < 4; i++) a.transport.send(A, Channel.frames, packet(5_000));
    expect(a.transport.bufferedBytes(A, Channel.frames)).toBe(20_000);
    expect(a.transport.bufferedBytes(A, Channel.control)).toBe(0);
    run(5.5);
    expect(a.transport.bufferedBytes(A, Channel.frames)).toBe(15_000);
    // Put in late, so the level falls to half of what was held two packets later than it first seemed.
    for (let i = 0; i < 2; i++) a.transport.send(A, Channel.frames, packet(5_000));
    run(100);
    expect(a.drainedAtMs.map((ms) => Math.round(ms - zeroMs))).toEqual([20]);
    expect(a.transport.bufferedBytes(A, Channel.frames)).toBe(0);
  });

  it('does not report a buffer that never filled', () => {
    const { a, run } = pair(PLAIN).linked();
    a.transport.send(A, Channel.frames, packet(4_000));
    run(100);
    expect(a.drainedAtMs).toEqual([]);
  });

  it('leaves nothing lying that the sender of a link put by', () => {
    const { a, b, run, clock } = pair(PLAIN).linked();
    const sender = new LinkSender(a.transport, A);
    a.onDrained = () => sender.drain(clock.nowMs);
    for (let i = 0; i < 60; i++) sender.push(packet(2_800), clock.nowMs);
    expect(sender.unsentBytes).toBeGreaterThan(2 * senderLimits.highWaterBytes);
    run(1_000);
    expect([sender.unsentBytes, b.received_.length]).toEqual([0, 60]);
  });

  it('gives up frames that would wait past their lifetime, but never control', () => {
    const { a, b, run } = pair({ ...PLAIN, framesLifetimeMs: 50 }).linked();
    for (let i = 0; i < 10; i++) a.transport.send(A, Channel.frames, packet(10_000));
    a.transport.send(A, Channel.control, packet(10));
    run(500);
    expect(b.received_.filter(({ channel }) => channel === Channel.frames)).toHaveLength(6);
    expect(b.received_.filter(({ channel }) => channel === Channel.control)).toHaveLength(1);
    expect(a.transport.traffic.framesExpired).toBe(4);
  });
});

describe('loss', () => {
  it('takes frames away for good, by the share that was asked for', () => {
    const { a, b, run } = pair({ ...PLAIN, framesLoss: 0.25 }).linked();
    for (let i = 0; i < 2_000; i++) {
      a.transport.send(A, Channel.frames, packet(100));
      run(1);
    }
    run(100);
    expect(b.received_.length).toBeGreaterThan(1_400);
    expect(b.received_.length).toBeLessThan(1_600);
    expect(a.transport.traffic.framesLost).toBe(2_000 - b.received_.length);
  });

  it('only delays control, and keeps its order', () => {
    const { a, b, run, zeroMs } = pair({ ...PLAIN, controlLoss: 0.3, retransmitMs: 100 }).linked();
    for (let i = 0; i < 200; i++) a.transport.send(A, Channel.control, packet(1_000, i));
    run(10_000);
    expect(b.received_.map(({ packet: [first] }) => first)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(a.transport.traffic.controlRetransmitted).toBeGreaterThan(30);
    expect(b.received_.at(-1)?.atMs).toBeGreaterThan(zeroMs + 210 + 120);
  });
});

describe('the end of a link', () => {
  it('is told to the other end after all that was sent on control, and to nobody else', () => {
    const { a, b, run, zeroMs } = pair(PLAIN).linked();
    a.transport.send(A, Channel.control, packet(1_000, 1));
    a.transport.close(A);
    expect(a.transport.send(A, Channel.control, packet(1))).toBe(false);
    run(5_000);
    expect(b.received_.map(({ packet: [first] }) => first)).toEqual([1]);
    expect(b.closedAtMs).toBeCloseTo(zeroMs + 11, 2);
    expect(a.closedAtMs).toBeUndefined();
    expect(a.transport.linkCount + b.transport.linkCount).toBe(0);
  });

  it('lets nothing through to an end that closed', () => {
    const { a, b, run } = pair(PLAIN).linked();
    b.transport.send(B, Channel.control, packet(10));
    a.transport.close(A);
    run(100);
    expect(a.received_).toEqual([]);
  });

  it('comes late after a crash: what had left arrives, what waited does not, and silence follows', () => {
    const { a, b, run, zeroMs } = pair({ ...PLAIN, crashNoticeMs: 15_000 }).linked();
    a.transport.send(A, Channel.frames, packet(1_000, 1));
    a.transport.send(A, Channel.frames, packet(5_000, 2));
    run(2);
    a.transport.crash();
    run(14_000);
    expect(b.received_.map(({ packet: [first] }) => first)).toEqual([1]);
    expect(b.closedAtMs).toBeUndefined();
    expect(b.transport.send(B, Channel.control, packet(10))).toBe(true);
    run(2_000);
    expect(b.closedAtMs).toBeCloseTo(zeroMs + 15_002, 2);
    expect(a.received_).toEqual([]);
    expect(a.closedAtMs).toBeUndefined();
  });

  it('is heard of at the same virtual instant in every run', () => {
    const run = (): string => {
      const world = pair({ framesLoss: 0.1 }).linked();
      for (let i = 0; i < 50; i++) world.a.transport.send(A, Channel.frames, packet(500, i));
      world.run(1_000);
      world.a.transport.close(A);
      world.run(1_000);
      return world.network.trace.hash;
    };
    expect(run()).toBe(run());
    expect(START_UNIX_MS).toBe(1_793_491_200_000);
  });
});
