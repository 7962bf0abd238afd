/**
 * The gate of a machine world. What a machine signs is remembered by its signature; what arrives counts as authentic if it
 * says exactly what was signed then. So no bytes are hashed, and records are shared between all who hold them.
 */
import { EMPTY_BYTES } from '../../src/lib/bytes.ts';
import { Offence } from '../../src/node/events.ts';
import type { GateQuestions } from '../../src/node/gate-questions.ts';
import type { CheckedPacket } from '../../src/node/node-contract.ts';
import type { WireMessage } from '../../src/wire/codec.ts';
import { applyDelta, type LinkList, type LinkListForm } from '../../src/wire/link-list.ts';
import type { MembershipRecord } from '../../src/wire/membership-record.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import type { Signal } from '../../src/wire/supernode-messages.ts';

export type Verdict =
  | { readonly type: 'packet'; readonly packet: CheckedPacket }
  | { readonly type: 'offence'; readonly offence: Offence }
  | { readonly type: 'ignored' };

const IGNORED: Verdict = { type: 'ignored' };

export class Authenticity {
  readonly #records = new WeakMap<Uint8Array, MembershipRecord>();
  readonly #lists = new WeakMap<Uint8Array, LinkList>();
  readonly #signals = new WeakMap<Uint8Array, Signal>();

  recordSigned(record: MembershipRecord): void {
    this.#records.set(record.signature, record);
  }

  listSigned(list: LinkList): void {
    this.#lists.set(list.signature, list);
  }

  signalSigned(signal: Signal): void {
    this.#signals.set(signal.signature, signal);
  }

  #isGenuine(record: MembershipRecord): boolean {
    const signed = this.#records.get(record.signature);
    if (signed === undefined || signed.id !== record.id) return false;
    return (
      signed.version.epoch === record.version.epoch &&
      signed.version.seq === record.version.seq &&
      signed.stream === record.stream &&
      signed.status === record.status &&
      signed.role === record.role &&
      signed.freeSlots === record.freeSlots &&
      signed.ttlMaxSeconds === record.ttlMaxSeconds &&
      signed.publicKey === record.publicKey
    );
  }

  /** What the gate of the receiving machine makes of a message. */
  check(answers: GateQuestions, message: WireMessage, overTrunk: boolean): Verdict {
    switch (message.type) {
      case MessageType.records:
        return this.#checkRecords(answers, message.records, (records) => ({ ...message, records }));
      case MessageType.redirectAnswer: {
        const all = [...message.inside, ...message.outside];
        if (all.some((record) => !this.#isGenuine(record)))
          return { type: 'offence', offence: Offence.forgedRecord };
        return { type: 'packet', packet: { type: 'message', message } };
      }
      case MessageType.links:
        return this.#checkLinks(answers, message.lists);
      case MessageType.signal: {
        if (answers.passesSignals && !overTrunk)
          return { type: 'packet', packet: { type: 'passing-signal', signal: message, bytes: EMPTY_BYTES } };
        const signed = this.#signals.get(message.signature);
        const genuine =
          signed?.from === message.from && signed.to === message.to && signed.payload === message.payload;
        if (!genuine) return { type: 'offence', offence: Offence.forgedSignal };
        return { type: 'packet', packet: { type: 'message', message } };
      }
      case MessageType.beacon:
      case MessageType.frame:
      case MessageType.hello:
        return IGNORED;
      default:
        return { type: 'packet', packet: { type: 'message', message } };
    }
  }

  #checkRecords(
    answers: GateQuestions,
    records: readonly MembershipRecord[],
    rebuild: (records: readonly MembershipRecord[]) => Extract<CheckedPacket, { type: 'message' }>['message'],
  ): Verdict {
    const wanted = records.filter(({ id, version }) => answers.wantsRecord(id, version));
    if (wanted.some((record) => !this.#isGenuine(record)))
      return { type: 'offence', offence: Offence.forgedRecord };
    return { type: 'packet', packet: { type: 'message', message: rebuild(wanted) } };
  }

  #checkLinks(answers: GateQuestions, forms: readonly LinkListForm[]): Verdict {
    const lists: LinkList[] = [];
    for (const form of forms) {
      const { id, version, signature } = form.form === 'full' ? form.list : form.delta;
      if (answers.publicKeyOf(id) === undefined || !answers.wantsLinks(id, version)) continue;
      const signed = this.#lists.get(signature);
      const base = answers.linkBase(id);
      const body = form.form === 'full' ? form.list : base && applyDelta(base, form.delta);
      if (body === undefined) continue;
      const genuine =
        signed?.id === id &&
        signed.version.epoch === version.epoch &&
        signed.version.seq === version.seq &&
        signed.tags.length === body.tags.length &&
        (signed.tags === body.tags || signed.tags.every((tag, i) => tag === body.tags[i]));
      if (genuine) lists.push(signed);
      else if (form.form === 'full') return { type: 'offence', offence: Offence.forgedLinks };
    }
    return { type: 'packet', packet: { type: 'message', message: { type: MessageType.links, lists } } };
  }
}
