/**
 * Some relay machines in one loop of virtual time. What one sends reaches the other `latencyMs` later, in order; a test may
 * look at every output on its way and drop it. No links, no gate: the machines' peers are each other.
 */
import { Heap } from '../src/lib/heap.ts';
import type { PeerId } from '../src/lib/ids.ts';
import { seededRandom } from '../src/lib/random.ts';
import { Relay } from '../src/relay/relay.ts';
import type { RelayInput, RelayOutput, RelaySettings } from '../src/relay/relay-contract.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { beaconOf, frameOf, START, STREAM } from './frames.ts';
import { peerOf } from './ids.ts';

export type Sent = Extract<RelayOutput, { type: 'send' | 'push' }>;
type Told = Exclude<RelayOutput, Sent>;

export const defaultRelaySettings = {
  stream: STREAM,
  slots: 3,
  voteShare: 0.5,
  confirmWithinMs: 35,
  gapPolicy: 'skip-to-key',
  gapWaitMs: 700,
  retentionMs: 12_000,
  retentionBytesMax: 1_000_000,
} as const;

interface Member {
  readonly relay: Relay;
  /** What it told the node above it, with the time. */
  readonly told: (Told & { readonly at: number })[];
}

interface Arrival {
  readonly at: number;
  readonly order: number;
  readonly to: PeerId;
  readonly input: RelayInput;
}

export const HOST: PeerId = peerOf(0);

export class RelayLoop {
  now = START;
  latencyMs = 5;
  /** Return true to lose what `from` sends to `to`. */
  drop: (from: PeerId, to: PeerId, output: Sent) => boolean = () => false;
  readonly sent: {
    readonly from: PeerId;
    readonly to: PeerId;
    readonly output: Sent;
    readonly at: number;
  }[] = [];
  readonly #members = new Map<PeerId, Member>();
  readonly #links = new Set<string>();
  readonly #arrivals = new Heap<Arrival>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #order = 0;
  #counter = 0;
  #nextSeq = 0;

  add(id: PeerId, settings: Partial<RelaySettings> = {}): Relay {
    const isHost = id === HOST;
    const relay = new Relay(
      {
        self: id,
        isHost,
        uploadBitsPerSecond: Number.POSITIVE_INFINITY,
        ...defaultRelaySettings,
        ...settings,
      },
      seededRandom(this.#members.size + 1),
    );
    this.#members.set(id, { relay, told: [] });
    return relay;
  }

  member(id: PeerId): Member {
    const member = this.#members.get(id);
    if (!member) throw new Error(`no member ${id}`);
    return member;
  }

  connect(a: PeerId, b: PeerId): void {
    this.#links.add(a + b).add(b + a);
    this.input(a, { type: 'peer-up', peer: b });
    this.input(b, { type: 'peer-up', peer: a });
  }

  disconnect(a: PeerId, b: PeerId): void {
    this.#links.delete(a + b);
    this.#links.delete(b + a);
    this.input(a, { type: 'peer-down', peer: b });
    this.input(b, { type: 'peer-down', peer: a });
  }

  input(id: PeerId, input: RelayInput): RelayOutput[] {
    const outputs = this.member(id).relay.handle(input, this.now);
    for (const output of outputs) {
      if (output.type === 'send' || output.type === 'push') this.#send(id, output);
      else this.member(id).told.push({ ...output, at: this.now });
    }
    return outputs;
  }

  #send(from: PeerId, output: Sent): void {
    const to = output.peer;
    this.sent.push({ from, to, output, at: this.now });
    if (!this.#links.has(from + to) || this.drop(from, to, output)) return;
    const input: RelayInput =
      output.type === 'push'
        ? { type: 'frame', peer: from, frame: output.frame }
        : output.message.type === MessageType.beacon
          ? { type: 'beacon', peer: from, beacon: output.message, host: HOST }
          : { type: 'message', peer: from, message: output.message };
    this.#arrivals.push({ at: this.now + this.latencyMs, order: this.#order++, to, input });
  }

  /** Lets time pass: arrivals and the machines' own deadlines, in order. */
  run(forMs: number): void {
    const until = this.now + forMs;
    for (let steps = 0; ; steps++) {
      if (steps > 1_000_000) throw new Error('the machines do not come to rest');
      let due = this.#arrivals.peek()?.at ?? Number.POSITIVE_INFINITY;
      let ticking: PeerId | undefined;
      for (const [id, { relay }] of this.#members) {
        const deadline = relay.nextDeadline();
        if (deadline < due) [due, ticking] = [deadline, id];
      }
      if (due > until) break;
      this.now = Math.max(this.now, due);
      if (ticking !== undefined) this.input(ticking, { type: 'tick' });
      else {
        const { to, input } = this.#arrivals.pop() as Arrival;
        this.input(to, input);
      }
    }
    this.now = until;
  }

  /** The host's word that its epoch lives. */
  beacon(changes: Parameters<typeof beaconOf>[0] = {}): void {
    const beacon = beaconOf({ counter: this.#counter++, nextSeq: this.#nextSeq, ...changes });
    this.input(HOST, { type: 'own-beacon', beacon });
  }

  /** The host publishes frames, one every `everyMs`. */
  publish(count: number, everyMs = 10): void {
    for (let i = 0; i < count; i++) {
      this.input(HOST, { type: 'own-frame', frame: frameOf(this.#nextSeq++) });
      this.run(everyMs);
    }
  }

  /** Seqs that a viewer's application got, in order. */
  delivered(id: PeerId): number[] {
    return this.member(id).told.flatMap((output) =>
      output.type === 'message' ? [(output.bytes[0] ?? 0) + (output.bytes[1] ?? 0) * 256] : [],
    );
  }

  pushesTo(id: PeerId): number[] {
    return this.sent.flatMap(({ to, output }) =>
      to === id && output.type === 'push' ? [output.frame.header.seq] : [],
    );
  }

  parentOf(id: PeerId): PeerId | undefined {
    return this.member(id).relay.forest?.trees[0]?.parent;
  }
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
