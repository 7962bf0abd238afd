/**
 * Between link and machine: decodes, checks limits, hashes and verifies, each packet once, in order per link. Machines behind
 * it only ever see input that is well-formed and authentic. Work on a link's packets may overlap (WebCrypto is slow but wide);
 * their results leave in the order in which the packets came.
 */
import { concatBytes } from '../lib/bytes.ts';
import { type LinkId, type PeerId, peerIdFromBytes, streamIdFromBytes } from '../lib/ids.ts';
import { type Beacon, beaconSigningBytes } from '../wire/beacon.ts';
import { decodeMessage } from '../wire/codec.ts';
import { type FramePacket, frameHash, frameSigningBytes } from '../wire/frame.ts';
import { type Equivocation, type FrameHead, headHash } from '../wire/frame-head.ts';
import type { LinkLists } from '../wire/graph-messages.ts';
import { limits } from '../wire/limits.ts';
import {
  applyDelta,
  type LinkList,
  type LinkListBody,
  type LinkListForm,
  linkListSigningBytes,
} from '../wire/link-list.ts';
import { type Hello, helloSigningBytes, Role } from '../wire/link-messages.ts';
import { type MembershipRecord, recordSigningBytes } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import { voteHash } from '../wire/relay-messages.ts';
import { readSignalHead } from '../wire/signal-head.ts';
import { type Signal, signalSigningBytes } from '../wire/supernode-messages.ts';
import { type TrunkProof, trunkProofSigningBytes } from '../wire/trunk-messages.ts';
import { Offence } from './events.ts';
import { allReady, whenReady } from './eventual.ts';
import type { GateQuestions } from './gate-questions.ts';
import type { CheckedPacket } from './node-contract.ts';
import { Channel, type Crypto, type Eventual } from './ports.ts';

export type GateVerdict =
  | { readonly type: 'packet'; readonly packet: CheckedPacket }
  /** `from`: in whose name a forged signal is. */
  | { readonly type: 'offence'; readonly offence: Offence; readonly from?: PeerId }
  /** Nothing to do: a duplicate, stale or unwanted packet. */
  | { readonly type: 'ignored' };

const IGNORED: GateVerdict = { type: 'ignored' };
const offence = (what: Offence): GateVerdict => ({ type: 'offence', offence: what });

/** What a trunk proof is about: the link, and the key of who said hello on it. */
export interface SupernodeClaim {
  readonly binding: Uint8Array;
  readonly publicKey: Uint8Array;
}

interface LinkGate {
  binding: Uint8Array | undefined;
  /** A hello has come; a second one is an offence. */
  greeted: boolean;
  /** Set if it said that it is a supernode's. */
  claim: SupernodeClaim | undefined;
  /** A trunk proof has come; a second one is an offence. */
  proven: boolean;
  pendingBytes: number;
  /** The last result that has not been passed on yet; undefined when none is pending. */
  tail: Promise<void> | undefined;
  tokens: number;
  tokensAt: number;
  closed: boolean;
  /** Changes of link lists that did not verify, less the lists that did. */
  misfits: number;
}

/** Packets per second on one link, and how many may come at once. */
const PACKETS_PER_SECOND = 4_000;
const PACKETS_BURST = 12_000;
/** So many misfits on one link, and changes are no longer looked at there until whole lists make up for it. */
const MISFITS_MAX = 256;

export class Gate {
  readonly #crypto: Crypto;
  readonly #questions: GateQuestions;
  readonly #pass: (link: LinkId, verdict: GateVerdict) => void;
  readonly #links = new Map<LinkId, LinkGate>();
  /** Packets dropped because a link's queue was full. */
  overflowed = 0;

  /** @param pass takes each verdict, in order per link; `ignored` ones included, so that silence is noticed rightly. */
  constructor(crypto: Crypto, questions: GateQuestions, pass: (link: LinkId, verdict: GateVerdict) => void) {
    this.#crypto = crypto;
    this.#questions = questions;
    this.#pass = pass;
  }

  open(link: LinkId, binding: Uint8Array): void {
    this.#gateOf(link).binding = binding;
  }

  close(link: LinkId): void {
    const gate = this.#links.get(link);
    if (gate) gate.closed = true;
    this.#links.delete(link);
  }

  /** Who said on a link that it is a supernode. */
  claimOf(link: LinkId): SupernodeClaim | undefined {
    return this.#links.get(link)?.claim;
  }

  #gateOf(link: LinkId): LinkGate {
    let gate = this.#links.get(link);
    if (!gate) {
      gate = {
        binding: undefined,
        greeted: false,
        claim: undefined,
        proven: false,
        pendingBytes: 0,
        tail: undefined,
        tokens: PACKETS_BURST,
        tokensAt: 0,
        closed: false,
        misfits: 0,
      };
      this.#links.set(link, gate);
    }
    return gate;
  }

  /** Takes one packet from the transport. */
  receive(link: LinkId, channel: Channel, packet: Uint8Array, now: number): void {
    const gate = this.#gateOf(link);
    if (!this.#withinRate(gate, now)) {
      this.#pass(link, offence(Offence.flood));
      return;
    }
    if (gate.pendingBytes > limits.gateBytesMax) {
      this.overflowed++;
      if (channel === Channel.control) this.#pass(link, offence(Offence.flood));
      return;
    }
    const verdict = this.#check(link, gate, channel, packet, now);
    if (gate.tail === undefined && !(verdict instanceof Promise)) {
      this.#pass(link, verdict);
      return;
    }
    this.#queue(link, gate, verdict, packet.length);
  }

  #withinRate(gate: LinkGate, now: number): boolean {
    const earned = ((now - gate.tokensAt) / 1000) * PACKETS_PER_SECOND;
    gate.tokens = Math.min(PACKETS_BURST, gate.tokens + earned) - 1;
    gate.tokensAt = now;
    return gate.tokens >= 0;
  }

  #queue(link: LinkId, gate: LinkGate, verdict: Eventual<GateVerdict>, bytes: number): void {
    gate.pendingBytes += bytes;
    const before = gate.tail;
    const settle = async (): Promise<void> => {
      await before;
      const settled = await verdict;
      gate.pendingBytes -= bytes;
      if (gate.tail === tail) gate.tail = undefined;
      if (this.#links.get(link) === gate) this.#pass(link, settled);
    };
    const tail = settle();
    gate.tail = tail;
  }

  #check(
    link: LinkId,
    gate: LinkGate,
    channel: Channel,
    packet: Uint8Array,
    now: number,
  ): Eventual<GateVerdict> {
    // Over a trunk come signals in the name of others: those are verified like a member's neighbours' (PROTOCOL.md R41).
    if (packet[0] === MessageType.signal && this.#questions.passesSignals && !gate.proven)
      return passingSignal(channel, packet);
    const result = decodeMessage(packet);
    if (!result.ok) return offence(Offence.malformed);
    const message = result.value;
    const belongs = message.type === MessageType.frame ? Channel.frames : Channel.control;
    if (channel !== belongs) return offence(Offence.malformed);
    switch (message.type) {
      case MessageType.hello:
        return this.#checkHello(gate, message);
      case MessageType.trunkProof:
        return this.#checkTrunkProof(gate, message);
      case MessageType.frame:
        return this.#checkFrame(message, link, now);
      case MessageType.beacon:
        return this.#checkBeacon(message);
      case MessageType.records:
        return this.#withRecords([message.records], false, ([records = []]) => ({ ...message, records }));
      case MessageType.links:
        // The records that these lists hang on may still be on their way through the gate.
        return gate.tail
          ? gate.tail.then(() => this.#checkLinks(gate, message))
          : this.#checkLinks(gate, message);
      case MessageType.frameHead:
      case MessageType.equivocation:
        // One at a time: the first forged one closes the link, and the rest costs nothing. The beacon may be on its way, too.
        return gate.tail
          ? gate.tail.then(() => this.#checkCharge(gate, message))
          : this.#checkCharge(gate, message);
      case MessageType.signal:
        return this.#checkSignal(message);
      case MessageType.redirectAnswer:
        return this.#withRecords([message.inside, message.outside], true, ([inside = [], outside = []]) => ({
          ...message,
          inside,
          outside,
        }));
      default:
        return { type: 'packet', packet: { type: 'message', message } };
    }
  }

  #checkHello(gate: LinkGate, hello: Hello): Eventual<GateVerdict> {
    const { binding } = gate;
    if (!binding || gate.greeted) return offence(Offence.malformed);
    gate.greeted = true;
    gate.binding = undefined;
    const { publicKey, version, role, stream } = hello;
    if (role === Role.supernode) gate.claim = { binding, publicKey };
    const signed = this.#crypto.verify(publicKey, hello.signature, helloSigningBytes(hello, binding));
    return whenReady(signed, (valid): Eventual<GateVerdict> => {
      if (!valid) return offence(Offence.wrongIdentity);
      return whenReady(this.#crypto.sha256(publicKey), (hash) => ({
        type: 'packet',
        packet: { type: 'hello', hello: { peer: peerIdFromBytes(hash), version, role, stream } },
      }));
    });
  }

  #checkTrunkProof(gate: LinkGate, message: TrunkProof): Eventual<GateVerdict> {
    const { claim } = gate;
    if (!claim || gate.proven) return offence(Offence.malformed);
    gate.proven = true;
    const signed = trunkProofSigningBytes(claim.binding, this.#crypto.publicKey);
    return whenReady(this.#crypto.verify(claim.publicKey, message.signature, signed), (valid) =>
      valid ? { type: 'packet', packet: { type: 'message', message } } : offence(Offence.wrongIdentity),
    );
  }

  #checkFrame(frame: FramePacket, link: LinkId, now: number): Eventual<GateVerdict> {
    const { header, payload, packet, signature } = frame;
    const hostKey = this.#questions.hostKey(header.stream);
    if (!hostKey || !this.#questions.admitsFrame(header, payload.length, link, now)) return IGNORED;
    if ((signature !== undefined) !== this.#questions.signsFrames(header.stream))
      return offence(Offence.forgedFrame);
    return whenReady(this.#crypto.sha256(payload), (payloadHash): Eventual<GateVerdict> => {
      const hash = frameHash(packet, payloadHash);
      if (!signature) {
        const unsigned = { header, payload, hash: voteHash(hash), packet };
        return { type: 'packet', packet: { type: 'frame', frame: unsigned } };
      }
      const signed = this.#crypto.verify(hostKey, signature, frameSigningBytes(hash));
      return whenReady(signed, (valid): GateVerdict => {
        if (!valid) return offence(Offence.forgedFrame);
        const seal = { payloadHash, signature };
        return {
          type: 'packet',
          packet: { type: 'frame', frame: { header, payload, hash: voteHash(hash), packet, seal } },
        };
      });
    });
  }

  /** What is said against the host counts only with the host's own signatures under it. */
  #checkCharge(gate: LinkGate, message: FrameHead | Equivocation): Eventual<GateVerdict> {
    const hostKey = this.#questions.hostKey(message.stream);
    if (gate.closed || !hostKey || !this.#questions.wantsCharge(message)) return IGNORED;
    const isProof = message.type === MessageType.equivocation;
    const checked = (isProof ? message.heads : [message.head]).map((head) =>
      this.#crypto.verify(hostKey, head.signature, frameSigningBytes(headHash(message, head))),
    );
    return whenReady(allReady(checked), (results): GateVerdict => {
      if (results.includes(false)) return offence(isProof ? Offence.forgedProof : Offence.forgedFrame);
      return { type: 'packet', packet: { type: 'message', message } };
    });
  }

  #checkBeacon(beacon: Beacon): Eventual<GateVerdict> {
    if (!this.#questions.wantsBeacon(beacon)) return IGNORED;
    const { hostKey, nonce, stream, signature } = beacon;
    return whenReady(this.#crypto.sha256(concatBytes(hostKey, nonce)), (id): Eventual<GateVerdict> => {
      if (streamIdFromBytes(id) !== stream) return offence(Offence.forgedBeacon);
      return whenReady(
        this.#crypto.verify(hostKey, signature, beaconSigningBytes(beacon)),
        (valid): Eventual<GateVerdict> => {
          if (!valid) return offence(Offence.forgedBeacon);
          return whenReady(this.#crypto.sha256(hostKey), (hash) => ({
            type: 'packet',
            packet: { type: 'beacon', beacon, host: peerIdFromBytes(hash) },
          }));
        },
      );
    });
  }

  /**
   * Verifies groups of records: a forged one makes the whole packet an offence.
   * @param keepsKnown whether records that are no news stay in, unverified: whoever proposes a node says something by its name alone
   */
  #withRecords(
    groups: readonly (readonly MembershipRecord[])[],
    keepsKnown: boolean,
    rebuild: (groups: MembershipRecord[][]) => Extract<CheckedPacket, { type: 'message' }>['message'],
  ): Eventual<GateVerdict> {
    const checked = groups.map((group) =>
      allReady(group.map((record) => this.#checkRecord(record, keepsKnown))),
    );
    return whenReady(allReady(checked), (results): GateVerdict => {
      if (results.some((group) => group.includes('forged'))) return offence(Offence.forgedRecord);
      const kept = results.map((group) => group.filter((record) => typeof record === 'object'));
      return { type: 'packet', packet: { type: 'message', message: rebuild(kept) } };
    });
  }

  /** Link lists of nodes whose keys are known and whose links are news, one of each node; changes become whole lists. */
  #checkLinks(gate: LinkGate, { type, lists }: LinkLists): Eventual<GateVerdict> {
    const checked = new Map<PeerId, Eventual<LinkList | 'stale' | 'forged'>>();
    for (const form of lists) {
      const body = this.#linkListToCheck(gate, form, checked);
      if (body) checked.set(body.id, this.#checkLinkList(gate, form, body));
    }
    return whenReady(allReady([...checked.values()]), (results): GateVerdict => {
      if (results.includes('forged')) return offence(Offence.forgedLinks);
      const kept = results.filter((list) => typeof list === 'object');
      return { type: 'packet', packet: { type: 'message', message: { type, lists: kept } } };
    });
  }

  /** The whole list if it is worth a signature check. */
  #linkListToCheck(
    { misfits }: LinkGate,
    form: LinkListForm,
    checked: { has(id: PeerId): boolean },
  ): LinkListBody | undefined {
    const { id, version } = form.form === 'full' ? form.list : form.delta;
    if (checked.has(id) || !this.#questions.wantsLinks(id, version)) return undefined;
    if (form.form === 'full') return form.list;
    const base = misfits < MISFITS_MAX ? this.#questions.linkBase(id) : undefined;
    return base && applyDelta(base, form.delta);
  }

  #checkLinkList(
    gate: LinkGate,
    given: LinkListForm,
    { id, version, tags }: LinkListBody,
  ): Eventual<LinkList | 'stale' | 'forged'> {
    const publicKey = this.#questions.publicKeyOf(id);
    if (!publicKey) return 'stale';
    const signature = given.form === 'full' ? given.list.signature : given.delta.signature;
    const valid = this.#crypto.verify(publicKey, signature, linkListSigningBytes({ id, version, tags }));
    return whenReady(valid, (ok) => {
      if (ok) {
        gate.misfits = Math.max(0, gate.misfits - 1);
        return { id, version, tags, signature };
      }
      // A change that refers to a list of other content than ours is nobody's fault: the whole list is asked for later.
      if (given.form === 'full') return 'forged';
      gate.misfits++;
      return 'stale';
    });
  }

  #checkSignal(message: Signal): Eventual<GateVerdict> {
    const verdict: GateVerdict = { type: 'packet', packet: { type: 'message', message } };
    const { publicKey, signature, from } = message;
    return whenReady(this.#crypto.sha256(publicKey), (hash): Eventual<GateVerdict> => {
      const forged: GateVerdict = { type: 'offence', offence: Offence.forgedSignal, from };
      if (peerIdFromBytes(hash) !== from) return forged;
      const signed = this.#crypto.verify(publicKey, signature, signalSigningBytes(message));
      return whenReady(signed, (valid) => (valid ? verdict : forged));
    });
  }

  #checkRecord(
    record: MembershipRecord,
    keepsKnown: boolean,
  ): Eventual<MembershipRecord | 'stale' | 'forged'> {
    return whenReady(
      this.#crypto.sha256(record.publicKey),
      (hash): Eventual<MembershipRecord | 'stale' | 'forged'> => {
        const id = peerIdFromBytes(hash);
        if (!this.#questions.wantsRecord(id, record.version)) return keepsKnown ? { ...record, id } : 'stale';
        const valid = this.#crypto.verify(record.publicKey, record.signature, recordSigningBytes(record));
        return whenReady(valid, (ok) => (ok ? { ...record, id } : 'forged'));
      },
    );
  }
}

function passingSignal(channel: Channel, bytes: Uint8Array): GateVerdict {
  const signal = channel === Channel.control ? readSignalHead(bytes) : undefined;
  if (signal === undefined) return offence(Offence.malformed);
  return { type: 'packet', packet: { type: 'passing-signal', signal, bytes } };
}
