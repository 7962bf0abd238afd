/**
 * Runs one node machine on real ports: transport events and checked packets become inputs, outputs are performed, a timer
 * follows the machine's next deadline. Inputs that arise while outputs are performed wait their turn, so a machine is never
 * entered twice. Signing is asynchronous and in order.
 */
import type { LinkId, PeerId, StreamId } from '../lib/ids.ts';
import { type Beacon, beaconSigningBytes } from '../wire/beacon.ts';
import { encodeMessage, type WireMessage } from '../wire/codec.ts';
import { type LinkListBody, linkListSigningBytes } from '../wire/link-list.ts';
import { type GoodbyeReason, helloSigningBytes, PROTOCOL_VERSION, type Role } from '../wire/link-messages.ts';
import { type MembershipRecord, type RecordBody, recordSigningBytes } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import type { SignalHead } from '../wire/signal-head.ts';
import { signalSigningBytes } from '../wire/supernode-messages.ts';
import { trunkProofSigningBytes } from '../wire/trunk-messages.ts';
import { whenReady } from './eventual.ts';
import { Gate } from './gate.ts';
import type { GateQuestions } from './gate-questions.ts';
import { backlogReports, LinkSender } from './link-sender.ts';
import type { NodeInput, NodeOutput, UnsignedSignal } from './node-contract.ts';
import { Channel, type Eventual, type LinkSink, type Ports } from './ports.ts';

/** A node machine as the driver sees it. */
export interface NodeMachine<Event> {
  readonly role: Role;
  /** The subnetwork that hellos name. */
  readonly stream: StreamId | undefined;
  handle(input: NodeInput, now: number): NodeOutput<Event>[];
  nextDeadline(): number;
  /** The other end opened a link without signaling: its id, or undefined if none is taken. */
  incoming(now: number): LinkId | undefined;
}

/** Bytes of control packets that may wait on one link before it counts as too slow. */
const CONTROL_BUFFER_MAX_BYTES = 1024 * 1024;
/** Messages that may wait on one link until the own hello is signed. */
const BEFORE_HELLO_MAX = 256;

/** A packet for `control`. */
interface Outgoing {
  readonly packet: Uint8Array;
  /** Set if it is one: somebody waits for an answer to it. */
  readonly signal: SignalHead | undefined;
}

export interface DriverTotals {
  bytesIn: number;
  bytesOut: number;
  controlBytesOut: number;
}

export class Driver<Event> {
  readonly #ports: Ports;
  readonly #machine: NodeMachine<Event>;
  readonly #self: PeerId;
  readonly #gate: Gate;
  readonly #onEvent: (event: Event) => void;
  readonly #senders = new Map<LinkId, LinkSender>();
  /** What waits until the own hello is signed: the remote end takes nothing before it. */
  readonly #beforeHello = new Map<LinkId, Outgoing[]>();
  readonly #inputs: NodeInput[] = [];
  readonly totals: DriverTotals = { bytesIn: 0, bytesOut: 0, controlBytesOut: 0 };
  #running = false;
  #stopped = false;
  #cancelTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #backlogToldAt = Number.NEGATIVE_INFINITY;
  #signing: Promise<void> | undefined;
  /** What was encoded last. */
  #encoded: { readonly message: WireMessage; readonly packet: Uint8Array } | undefined;

  constructor(
    ports: Ports,
    self: PeerId,
    machine: NodeMachine<Event>,
    questions: GateQuestions,
    onEvent: (event: Event) => void,
  ) {
    this.#ports = ports;
    this.#machine = machine;
    this.#self = self;
    this.#onEvent = onEvent;
    this.#gate = new Gate(ports.crypto, questions, (link, verdict) => {
      if (verdict.type === 'packet') this.input({ type: 'packet', link, packet: verdict.packet });
      else if (verdict.type === 'offence') this.input({ type: 'offence', link, offence: verdict.offence });
    });
    ports.transport.attach(this.#sink());
  }

  /** Feeds the machine, performs what it says, sets the timer. */
  input(input: NodeInput): void {
    if (this.#running) {
      this.#inputs.push(input);
      return;
    }
    this.#running = true;
    try {
      let next: NodeInput | undefined = input;
      while (next) {
        for (const output of this.#machine.handle(next, this.#ports.clock.now())) this.#perform(output);
        next = this.#inputs.length === 0 ? undefined : this.#inputs.shift();
      }
    } finally {
      this.#running = false;
    }
    this.#setTimer();
  }

  /** Bytes of frames that wait on the link where most do: whoever feeds a stream faster than they leave does nobody a favour. */
  get unsentBytesMost(): number {
    let most = 0;
    for (const sender of this.#senders.values()) most = Math.max(most, sender.unsentBytes);
    return most;
  }

  stop(): void {
    this.input({ type: 'stop' });
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  #setTimer(): void {
    if (this.#stopped) return;
    const deadline = this.#machine.nextDeadline();
    if (deadline === this.#timerAt) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAt = deadline;
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#ports.clock.schedule(deadline, () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#cancelTimer = undefined;
      this.input({ type: 'tick' });
    });
  }

  #sink(): LinkSink {
    const { clock } = this.#ports;
    return {
      incoming: () => this.#machine.incoming(clock.now()),
      opened: (link, binding) => {
        this.#gate.open(link, binding);
        this.#bindings.set(link, binding);
        this.input({ type: 'opened', link });
      },
      signal: (link, payload) => this.input({ type: 'signal-out', link, payload }),
      received: (link, channel, packet) => {
        this.totals.bytesIn += packet.length;
        this.#gate.receive(link, channel, packet, clock.now());
      },
      drained: (link, channel) => {
        if (channel !== Channel.frames) return;
        this.totals.bytesOut += this.#senders.get(link)?.drain(clock.now()) ?? 0;
      },
      closed: (link, reason) => {
        this.#forget(link);
        this.input({ type: 'closed', link, reason });
      },
    };
  }

  /** Of links that are open; a hello is signed once, and then it is not needed any more. */
  readonly #bindings = new Map<LinkId, Uint8Array | undefined>();

  #forget(link: LinkId): void {
    this.#gate.close(link);
    this.#senders.delete(link);
    this.#beforeHello.delete(link);
    this.#bindings.delete(link);
  }

  #perform(output: NodeOutput<Event>): void {
    const { transport } = this.#ports;
    switch (output.type) {
      case 'dial':
        transport.dial(output.link, output.address);
        break;
      case 'accept':
        transport.accept(output.link, output.remote, output.payload);
        break;
      case 'signal':
        transport.signal(output.link, output.payload);
        break;
      case 'close':
        this.#close(output.link, output.reason);
        break;
      case 'greet':
        this.#greet(output.link);
        break;
      case 'send':
        this.#sendControl(output.link, output.message);
        break;
      case 'pass':
        this.#passOn(output.link, output.bytes, output.signal);
        break;
      case 'push':
        this.#push(output.link, output.packet);
        break;
      case 'sign-proof':
        this.#signProof(output.link);
        break;
      case 'sign-record':
        this.#sign(() => this.#signRecord(output.body));
        break;
      case 'sign-links':
        this.#sign(() => this.#signLinks(output.body));
        break;
      case 'send-signal':
        this.#sign(() => this.#signSignal(output.link, output.signal));
        break;
      case 'sign-beacon':
        this.#sign(() => this.#signBeacon(output.body));
        break;
      case 'event':
        this.#onEvent(output.event);
        break;
    }
  }

  #close(link: LinkId, reason: GoodbyeReason): void {
    if (this.#bindings.has(link)) this.#sendControl(link, { type: MessageType.goodbye, reason });
    this.#forget(link);
    this.#ports.transport.close(link);
  }

  #sendControl(link: LinkId, message: WireMessage): void {
    const signal = message.type === MessageType.signal ? message : undefined;
    // A supernode says the same to thousands, one after another.
    if (this.#encoded?.message !== message) this.#encoded = { message, packet: encodeMessage(message) };
    this.#sendPacket(link, this.#encoded.packet, signal);
  }

  #sendPacket(link: LinkId, packet: Uint8Array, signal: SignalHead | undefined): void {
    const { transport } = this.#ports;
    const waiting = this.#beforeHello.get(link);
    const tooMuch =
      waiting === undefined
        ? transport.bufferedBytes(link, Channel.control) > CONTROL_BUFFER_MAX_BYTES
        : waiting.push({ packet, signal }) > BEFORE_HELLO_MAX;
    if (tooMuch) {
      this.#forget(link);
      transport.close(link);
      this.input({ type: 'closed', link, reason: 'too slow' });
      return;
    }
    if (waiting) return;
    if (!transport.send(link, Channel.control, packet)) {
      // Everything but a signal is said again when it is asked for.
      if (signal) this.input({ type: 'undelivered', signal });
      return;
    }
    this.#countOut(packet);
  }

  /** A signal to a slow receiver is dropped by the transport, and its sender told: that is no reason to end the link. */
  #passOn(link: LinkId, packet: Uint8Array, signal: SignalHead): void {
    if (this.#beforeHello.size > 0 && this.#beforeHello.has(link)) this.#sendPacket(link, packet, signal);
    else if (!this.#ports.transport.send(link, Channel.control, packet))
      this.input({ type: 'undelivered', signal });
    else this.#countOut(packet);
  }

  #countOut({ length }: Uint8Array): void {
    this.totals.bytesOut += length;
    this.totals.controlBytesOut += length;
  }

  #push(link: LinkId, packet: Uint8Array): void {
    let sender = this.#senders.get(link);
    if (!sender) {
      sender = new LinkSender(this.#ports.transport, link);
      this.#senders.set(link, sender);
    }
    const now = this.#ports.clock.now();
    this.totals.bytesOut += sender.push(packet, now);
    if (sender.waitedMs(now) >= backlogReports.fromMs) this.#tellBacklog(now);
  }

  /** Names the link on which pushes wait longest: a slow one stands out from those that merely share a full uplink with it. */
  #tellBacklog(now: number): void {
    if (now - this.#backlogToldAt < backlogReports.everyMs) return;
    this.#backlogToldAt = now;
    const waits = [...this.#senders].map(([link, sender]) => ({ link, waitedMs: sender.waitedMs(now) }));
    const longest = waits.reduce((a, b) => (b.waitedMs > a.waitedMs ? b : a));
    this.input({ type: 'backlog', ...longest });
  }

  #greet(link: LinkId): void {
    const binding = this.#bindings.get(link);
    if (!binding) return;
    this.#bindings.set(link, undefined);
    const { crypto } = this.#ports;
    const { role, stream } = this.#machine;
    const hello = { version: PROTOCOL_VERSION, role, stream, publicKey: crypto.publicKey };
    const waiting: Outgoing[] = [];
    this.#beforeHello.set(link, waiting);
    whenReady(crypto.sign(helloSigningBytes(hello, binding)), (signature) => {
      if (this.#beforeHello.get(link) !== waiting) return;
      this.#beforeHello.delete(link);
      this.#sendControl(link, { type: MessageType.hello, ...hello, signature });
      for (const { packet, signal } of waiting) this.#sendPacket(link, packet, signal);
    });
  }

  #signProof(link: LinkId): void {
    const claim = this.#gate.claimOf(link);
    if (!claim) return;
    const signed = trunkProofSigningBytes(claim.binding, claim.publicKey);
    whenReady(this.#ports.crypto.sign(signed), (signature) =>
      this.input({ type: 'proof-signed', link, signature }),
    );
  }

  /** Runs signing jobs one after another: what they feed to the machine arrives in the order in which it was asked for. */
  #sign(job: () => Eventual<void>): void {
    if (this.#signing === undefined) {
      const done = job();
      if (!(done instanceof Promise)) return;
      this.#follow(done);
      return;
    }
    this.#follow(this.#signing.then(job));
  }

  #follow(done: Promise<void>): void {
    const tail = done.finally(() => {
      if (this.#signing === tail) this.#signing = undefined;
    });
    this.#signing = tail;
  }

  /** For what a host signs besides (frames), in the same order. */
  inSigningOrder(job: () => Eventual<void>): void {
    this.#sign(job);
  }

  #signRecord(body: RecordBody): Eventual<void> {
    return whenReady(this.#ports.crypto.sign(recordSigningBytes(body)), (signature) => {
      const record: MembershipRecord = { ...body, id: this.#self, signature, ttlSeconds: body.ttlMaxSeconds };
      this.input({ type: 'record-signed', record });
    });
  }

  #signLinks(body: LinkListBody): Eventual<void> {
    return whenReady(this.#ports.crypto.sign(linkListSigningBytes(body)), (signature) => {
      this.input({ type: 'links-signed', list: { ...body, signature } });
    });
  }

  #signSignal(link: LinkId, signal: UnsignedSignal): Eventual<void> {
    const { crypto } = this.#ports;
    const from = this.#self;
    return whenReady(crypto.sign(signalSigningBytes({ ...signal, from })), (signature) => {
      const { publicKey } = crypto;
      this.#sendControl(link, { type: MessageType.signal, ...signal, from, publicKey, signature, path: [] });
    });
  }

  #signBeacon(body: Omit<Beacon, 'signature' | 'type'>): Eventual<void> {
    return whenReady(this.#ports.crypto.sign(beaconSigningBytes(body)), (signature) => {
      this.input({ type: 'beacon-signed', beacon: { ...body, type: MessageType.beacon, signature } });
    });
  }
}
