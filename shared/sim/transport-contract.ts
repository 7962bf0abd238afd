/**
 * What every LinkTransport must do (shared/src/node/ports.ts), as named cases that throw when it does not. They know no test
 * framework and no platform, so they run against the simulated, the WebSocket and the WebRTC transport, the last one in a page.
 *
 * No case sleeps. To see that something does *not* happen, a case opens a second link and sends a packet over it: what
 * was on its way before has had its time when that packet is there.
 */
import { equalBytes } from '../src/lib/bytes.ts';
import type { LinkId, PeerId } from '../src/lib/ids.ts';
import { type Address, Channel, type LinkTransport } from '../src/node/ports.ts';
import { limits } from '../src/wire/limits.ts';
import { type LinkRecord, TransportProbe } from './transport-probe.ts';

/** Two fresh transports that can reach each other, without links and without sinks. One pair serves one case. */
export interface TransportPair {
  /** The one that dials. */
  readonly near: LinkTransport;
  /** The one that is dialed. Signals between the two are carried by the suite. */
  readonly far: LinkTransport;
  readonly farAddress: Address;
  /** Nobody is there. */
  readonly unreachable: Address;
  /** Who dials, as `far.accept` is told. */
  readonly nearPeer: PeerId;
  /** What this kind of transport can do. */
  readonly can: {
    /** There is a `frames` channel. */
    readonly frames: boolean;
    /** What was sent on `control` before `close` still arrives. */
    readonly flushOnClose: boolean;
  };
  /** Lets time pass until the condition holds; rejects if it does not in reasonable time. */
  until(condition: () => boolean): Promise<void>;
}

export interface TransportCase {
  readonly name: string;
  run(pair: TransportPair): Promise<void>;
}

/** How `until` waits where time is real: looks again every few milliseconds, for at most `withinMs`. */
export async function untilInRealTime(condition: () => boolean, withinMs = 30_000): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`still waiting after ${withinMs} ms for: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const GARBAGE = Uint8Array.of(255, 0, 255, 0, 1, 2, 3);

/** `length` bytes that depend on `seed` and the place. */
function pattern(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (seed * 31 + at * 7 + (at >> 8)) & 255);
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

const sameBinding = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && equalBytes(a, b);

/** Both ends of a link that the suite opened. */
interface OpenLink {
  readonly nearId: LinkId;
  readonly farId: LinkId;
  readonly near: LinkRecord;
  readonly far: LinkRecord;
}

/** A pair with probes attached. */
class Bench {
  readonly pair: TransportPair;
  readonly near: TransportProbe;
  readonly far: TransportProbe;

  constructor(pair: TransportPair) {
    this.pair = pair;
    this.near = new TransportProbe(pair.near, 1_000);
    this.far = new TransportProbe(pair.far, 2_000);
    this.near.carry(this.far, pair.nearPeer);
  }

  /** Opens a link. The ends find each other by their bindings, as the nodes do. */
  async open(): Promise<OpenLink> {
    const nearId = this.near.newLink();
    this.pair.near.dial(nearId, this.pair.farAddress);
    const near = this.near.record(nearId);
    const farEnd = () => [...this.far.records].find(([, { binding }]) => sameBinding(near.binding, binding));
    await this.pair.until(() => near.closings.length > 0 || farEnd() !== undefined);
    const [farId, far] = farEnd() ?? [];
    check(farId !== undefined && far !== undefined, `the dial failed: ${near.closings[0]}`);
    return { nearId, farId, near, far };
  }

  /** A new link, and a packet each way: whatever was on its way before has arrived. */
  async settle(): Promise<void> {
    const link = await this.open();
    this.pair.near.send(link.nearId, Channel.control, pattern(1, 8));
    this.pair.far.send(link.farId, Channel.control, pattern(2, 8));
    await this.pair.until(() => link.near.control.length > 0 && link.far.control.length > 0);
  }

  /** Sends on `control` and fails if the transport does not take it. */
  send(from: LinkTransport, link: LinkId, packet: Uint8Array): void {
    check(from.send(link, Channel.control, packet), 'send on an open link returned false');
  }
}

function checkSame(sent: readonly Uint8Array[], received: readonly Uint8Array[]): void {
  check(sent.length === received.length, `${sent.length} packets were sent, ${received.length} arrived`);
  for (const [at, packet] of sent.entries()) {
    check(equalBytes(packet, received[at] as Uint8Array), `packet ${at} arrived changed or out of order`);
  }
}

const contractCase = (name: string, run: (bench: Bench) => Promise<void>): TransportCase => ({
  name,
  run: (pair) => run(new Bench(pair)),
});

export const transportCases: readonly TransportCase[] = [
  contractCase('a link opens once at both ends, with equal bindings of 32 bytes', async (bench) => {
    const { near, far } = await bench.open();
    check(near.openings === 1 && far.openings === 1, 'opened was reported more than once');
    check(near.binding?.length === 32, `a binding is of ${near.binding?.length} bytes, not 32`);
    check(sameBinding(near.binding, far.binding), 'the two ends have different bindings');
  }),

  contractCase('two links between the same ends have different bindings', async (bench) => {
    const first = await bench.open();
    const second = await bench.open();
    check(!sameBinding(first.near.binding, second.near.binding), 'two links have the same binding');
  }),

  contractCase('control packets arrive unchanged and in order, both ways at once', async (bench) => {
    const { near, far } = bench.pair;
    const link = await bench.open();
    const there = Array.from({ length: 100 }, (_, at) => pattern(at, 1 + ((at * 37) % 3_000)));
    const back = Array.from({ length: 100 }, (_, at) => pattern(at + 500, 1 + ((at * 53) % 3_000)));
    for (const [at, packet] of there.entries()) {
      bench.send(near, link.nearId, packet);
      bench.send(far, link.farId, back[at] as Uint8Array);
    }
    await bench.pair.until(() => link.far.control.length >= 100 && link.near.control.length >= 100);
    checkSame(there, link.far.control);
    checkSame(back, link.near.control);
  }),

  contractCase('what an end sends within opened arrives, after the other has opened', async (bench) => {
    const { near, far, until } = bench.pair;
    for (const [probe, transport] of [
      [bench.near, near],
      [bench.far, far],
    ] as const) {
      probe.greet = (id) => {
        for (let at = 0; at < 10; at++) bench.send(transport, id, pattern(at, 100));
      };
    }
    const link = await bench.open();
    await until(() => link.far.control.length >= 10 && link.near.control.length >= 10);
    const sent = Array.from({ length: 10 }, (_, at) => pattern(at, 100));
    checkSame(sent, link.near.control);
    checkSame(sent, link.far.control);
    check(bench.near.outOfTurn + bench.far.outOfTurn === 0, 'a packet arrived before opened');
  }),

  contractCase('links keep their packets apart', async (bench) => {
    const links = [await bench.open(), await bench.open()];
    for (const [at, link] of links.entries()) bench.send(bench.pair.near, link.nearId, pattern(at, 100));
    await bench.pair.until(() => links.every((link) => link.far.control.length > 0));
    for (const [at, link] of links.entries()) checkSame([pattern(at, 100)], link.far.control);
  }),

  contractCase('an empty packet and one of 16 KiB arrive', async (bench) => {
    const link = await bench.open();
    const sent = [pattern(1, 0), pattern(2, limits.packetBytesMax), pattern(3, 1)];
    for (const packet of sent) {
      bench.send(bench.pair.near, link.nearId, packet);
      bench.send(bench.pair.far, link.farId, packet);
    }
    await bench.pair.until(() => link.far.control.length >= 3 && link.near.control.length >= 3);
    checkSame(sent, link.far.control);
    checkSame(sent, link.near.control);
  }),

  contractCase('received packets are plain bytes of their own', async (bench) => {
    const link = await bench.open();
    bench.send(bench.pair.near, link.nearId, pattern(1, 64));
    bench.send(bench.pair.far, link.farId, pattern(1, 64));
    await bench.pair.until(() => link.far.control.length > 0 && link.near.control.length > 0);
    for (const packet of [...link.far.control, ...link.near.control]) {
      check(Object.getPrototypeOf(packet) === Uint8Array.prototype, 'a packet is no plain Uint8Array');
    }
  }),

  contractCase('the frames channel works, or says that it is not there', async (bench) => {
    const { near, can } = bench.pair;
    const link = await bench.open();
    const taken = near.send(link.nearId, Channel.frames, pattern(4, 2_000));
    check(taken === can.frames, `send on frames returned ${taken}`);
    if (can.frames) {
      await bench.pair.until(() => link.far.frames.length > 0);
      checkSame([pattern(4, 2_000)], link.far.frames);
    }
    await bench.settle();
    check(link.far.control.length === 0, 'a packet changed its channel');
    check(near.bufferedBytes(link.nearId, Channel.frames) === 0, 'frames still buffers');
  }),

  contractCase('bufferedBytes falls to 0 once everything is out', async (bench) => {
    const { near, until } = bench.pair;
    const link = await bench.open();
    for (let at = 0; at < 40; at++) bench.send(near, link.nearId, pattern(at, limits.packetBytesMax));
    await until(() => near.bufferedBytes(link.nearId, Channel.control) === 0);
    await until(() => link.far.control.length === 40);
  }),

  contractCase(
    'send returns false before a link is open, after its close, and for an unknown link',
    async (bench) => {
      const { near, far, farAddress, until } = bench.pair;
      const early = bench.near.newLink();
      near.dial(early, farAddress);
      check(!near.send(early, Channel.control, pattern(1, 8)), 'send took a packet before the link was open');
      const link = await bench.open();
      near.close(link.nearId);
      check(!near.send(link.nearId, Channel.control, pattern(1, 8)), 'send took a packet after close');
      check(near.bufferedBytes(link.nearId, Channel.control) === 0, 'a closed link buffers');
      await until(() => link.far.closings.length > 0);
      check(!far.send(link.farId, Channel.control, pattern(1, 8)), 'send took a packet after closed');
      check(!near.send(999 as LinkId, Channel.control, pattern(1, 8)), 'send took a packet for no link');
      check(near.bufferedBytes(999 as LinkId, Channel.control) === 0, 'an unknown link buffers');
    },
  ),

  contractCase('a close is reported once at the other end, not at the own', async (bench) => {
    for (const closer of ['near', 'far'] as const) {
      const link = await bench.open();
      bench.pair[closer].close(closer === 'near' ? link.nearId : link.farId);
      const [own, other] = closer === 'near' ? [link.near, link.far] : [link.far, link.near];
      await bench.pair.until(() => other.closings.length > 0);
      await bench.settle();
      check(other.closings.length === 1, 'closed was reported more than once');
      check(own.closings.length === 0, 'closed was reported to the one who closed');
    }
  }),

  contractCase('what was sent on control before a close arrives', async (bench) => {
    if (!bench.pair.can.flushOnClose) return;
    const { near, until } = bench.pair;
    const link = await bench.open();
    const sent = Array.from({ length: 20 }, (_, at) => pattern(at, limits.packetBytesMax));
    for (const packet of sent) bench.send(near, link.nearId, packet);
    near.close(link.nearId);
    await until(() => link.far.closings.length > 0);
    checkSame(sent, link.far.control);
  }),

  contractCase('nothing arrives after close', async (bench) => {
    for (const closer of ['near', 'far'] as const) {
      const link = await bench.open();
      const { near, far } = bench.pair;
      for (let at = 0; at < 20; at++) {
        bench.send(near, link.nearId, pattern(at, 500));
        bench.send(far, link.farId, pattern(at, 500));
      }
      bench.pair[closer].close(closer === 'near' ? link.nearId : link.farId);
      const own = closer === 'near' ? link.near : link.far;
      const heard = own.control.length;
      const other = closer === 'near' ? link.far : link.near;
      await bench.pair.until(() => other.closings.length > 0);
      await bench.settle();
      check(own.control.length === heard, 'a packet arrived after close');
      check(own.drains === 0 && own.closings.length === 0, 'an event arrived after close');
    }
  }),

  contractCase('closing twice, or what is no link, does nothing', async (bench) => {
    const { near, far } = bench.pair;
    const link = await bench.open();
    near.close(link.nearId);
    near.close(link.nearId);
    near.close(998 as LinkId);
    await bench.pair.until(() => link.far.closings.length > 0);
    far.close(link.farId);
    await bench.settle();
    check(link.far.closings.length === 1 && link.near.closings.length === 0, 'a second close was reported');
    check(!bench.near.records.has(998 as LinkId), 'something was reported for an unknown link');
  }),

  contractCase('a dial that is closed before it opened is never heard of again', async (bench) => {
    const { near, farAddress, unreachable } = bench.pair;
    const dials = [farAddress, unreachable].map((address) => {
      const id = address === unreachable ? bench.near.newLostLink() : bench.near.newLink();
      near.dial(id, address);
      near.close(id);
      return bench.near.record(id);
    });
    await bench.settle();
    for (const dial of dials) {
      check(dial.openings === 0 && dial.closings.length === 0, 'something was reported after close');
    }
  }),

  contractCase('a signal for an unknown link does nothing', async (bench) => {
    for (const side of ['near', 'far'] as const) bench.pair[side].signal(997 as LinkId, GARBAGE);
    const link = await bench.open();
    bench.pair.near.signal(link.nearId, GARBAGE);
    bench.pair.far.signal(link.farId, GARBAGE);
    await bench.settle();
    check(!bench.near.records.has(997 as LinkId), 'something was reported for an unknown link');
    check(!bench.far.records.has(997 as LinkId), 'something was reported for an unknown link');
    check(link.near.closings.length + link.far.closings.length === 0, 'garbage closed an open link');
  }),

  contractCase('a dial to nobody ends in closed, once, and not within the call', async (bench) => {
    const id = bench.near.newLostLink();
    bench.pair.near.dial(id, bench.pair.unreachable);
    const dial = bench.near.record(id);
    check(dial.closings.at(0) === undefined, 'closed was reported within dial');
    await bench.pair.until(() => dial.closings.length > 0);
    await bench.settle();
    check(dial.closings.length === 1 && dial.openings === 0, 'closed was not the only report');
  }),

  contractCase('accepting garbage ends in closed, once', async (bench) => {
    const id = bench.far.newLink();
    bench.pair.far.accept(id, bench.pair.nearPeer, GARBAGE);
    const answer = bench.far.record(id);
    await bench.pair.until(() => answer.closings.length > 0);
    await bench.settle();
    check(answer.closings.length === 1 && answer.openings === 0, 'closed was not the only report');
  }),
];
