import { describe, expect, it } from 'vitest';
import { Signer, SlowCrypto } from '../../test-kit/crypto.ts';
import { beaconOf } from '../../test-kit/frames.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { linkListOf, recordOf } from '../../test-kit/records.ts';
import type { LinkId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { decodeMessage } from '../wire/codec.ts';
import { linkListSigningBytes } from '../wire/link-list.ts';
import { Role } from '../wire/link-messages.ts';
import { recordSigningBytes } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import { type Signal, signalSigningBytes } from '../wire/supernode-messages.ts';
import { Driver, type NodeMachine } from './driver.ts';
import type { GateQuestions } from './gate-questions.ts';
import type { NodeInput, NodeOutput } from './node-contract.ts';
import type { Crypto, LinkSink, LinkTransport } from './ports.ts';

const LINK = 1 as LinkId;
const owner = new Signer(1);
const { publicKey } = owner.crypto;
const questions: GateQuestions = {
  admitsFrame: () => false,
  signsFrames: () => true,
  hostKey: () => undefined,
  wantsRecord: () => false,
  wantsLinks: () => false,
  publicKeyOf: () => undefined,
  linkBase: () => undefined,
  wantsBeacon: () => false,
  wantsCharge: () => false,
  passesSignals: false,
};

/** A driver whose machine says what the test tells it to at the start, and writes down what comes in. */
function setUp(outputs: readonly NodeOutput<never>[], crypto: Crypto = owner.crypto) {
  const inputs: NodeInput[] = [];
  const sent: Uint8Array[] = [];
  /** In order: inputs after the start, and packets that went out. */
  const happened: string[] = [];
  let sink: LinkSink | undefined;
  const machine: NodeMachine<never> = {
    role: Role.viewer,
    stream: owner.stream,
    handle: (input) => {
      inputs.push(input);
      if (input.type === 'start') return [...outputs];
      happened.push(input.type);
      return [];
    },
    nextDeadline: () => Number.POSITIVE_INFINITY,
    incoming: () => undefined,
  };
  const transport: LinkTransport = {
    attach: (given) => {
      sink = given;
    },
    dial: () => {},
    accept: () => {},
    signal: () => {},
    send: (_link, _channel, packet) => {
      happened.push('sent');
      return sent.push(packet) > 0;
    },
    bufferedBytes: () => 0,
    close: () => {},
  };
  const clock = { now: () => 0, schedule: () => () => {} };
  const ports = { transport, clock, random: seededRandom(1), crypto };
  const driver = new Driver(ports, owner.peer, machine, questions, () => {});
  return {
    driver,
    inputs,
    happened,
    start: (): void => driver.input({ type: 'start' }),
    open: (): void => sink?.opened(LINK, counting(7, 32)),
    messages: (): unknown[] =>
      sent.map((packet) => {
        const result = decodeMessage(packet);
        return result.ok ? result.value : result.reason;
      }),
  };
}

const recordBody = { ...recordOf(1), publicKey };
const listBody = { ...linkListOf(1, [2, 3]), id: owner.peer };
const signal = { to: peerOf(5), session: 9, payload: counting(1, 30), route: [peerOf(3), peerOf(4)] };
const signRecord = { type: 'sign-record', body: recordBody } as const;
const signLinks = { type: 'sign-links', body: listBody } as const;
const signBeacon = { type: 'sign-beacon', body: beaconOf() } as const;
const sendSignal = { type: 'send-signal', link: LINK, signal } as const;

describe('what the driver signs', () => {
  it('[R34] a link list comes back to the machine, signed over the whole of it', () => {
    const { start, inputs } = setUp([signLinks]);
    start();
    const signed = inputs.find((input) => input.type === 'links-signed');
    expect(signed?.list).toMatchObject({ id: owner.peer, version: listBody.version, tags: listBody.tags });
    const { signature } = signed?.list ?? { signature: new Uint8Array(64) };
    expect(owner.crypto.verify(publicKey, signature, linkListSigningBytes(listBody))).toBe(true);
  });

  it('[R18] a record comes back with the own id and its whole life left', () => {
    const { start, inputs } = setUp([signRecord]);
    start();
    const signed = inputs.find((input) => input.type === 'record-signed');
    expect(signed?.record).toMatchObject({ id: owner.peer, ttlSeconds: recordBody.ttlMaxSeconds });
    const { signature } = signed?.record ?? { signature: new Uint8Array(64) };
    expect(owner.crypto.verify(publicKey, signature, recordSigningBytes(recordBody))).toBe(true);
  });

  it('[R25] a signal goes out with the own id and key, signed, with nobody on its path yet', () => {
    const { start, messages } = setUp([sendSignal]);
    start();
    const [message] = messages() as Signal[];
    expect(message).toMatchObject({ type: MessageType.signal, from: owner.peer, publicKey, path: [] });
    expect(message).toMatchObject(signal);
    const { signature } = message ?? { signature: new Uint8Array(64) };
    const bytes = signalSigningBytes({ ...signal, from: owner.peer });
    expect(owner.crypto.verify(publicKey, signature, bytes)).toBe(true);
  });
});

describe('signing is in order', () => {
  it('[R25] at once where the cryptography answers at once', () => {
    const { start, happened } = setUp([signRecord, sendSignal, signLinks, sendSignal, signBeacon]);
    start();
    // Inputs that arise while outputs are performed wait their turn; signals do not.
    expect(happened).toEqual(['sent', 'sent', 'record-signed', 'links-signed', 'beacon-signed']);
  });

  it('[R25] one after another where it takes long: a signal waits for what was asked for before it', async () => {
    const crypto = new SlowCrypto(owner.crypto);
    const { start, happened } = setUp([signRecord, sendSignal, signLinks, sendSignal, signBeacon], crypto);
    start();
    const order: string[][] = [];
    for (let turn = 0; turn < 5; turn++) {
      // Only one is signed at a time.
      expect(crypto.waiting).toBe(1);
      await crypto.release();
      order.push([...happened]);
    }
    expect(crypto.waiting).toBe(0);
    expect(order.map((words) => words.length)).toEqual([1, 2, 3, 4, 5]);
    expect(happened).toEqual(['record-signed', 'sent', 'links-signed', 'sent', 'beacon-signed']);
  });

  it('[R3] a signal signed before the own hello waits for it', async () => {
    const crypto = new SlowCrypto(owner.crypto);
    const { start, open, messages } = setUp([{ type: 'greet', link: LINK }, sendSignal], crypto);
    open();
    start();
    expect(crypto.waiting).toBe(2);
    await crypto.release(1);
    expect(messages()).toEqual([]);
    await crypto.release();
    expect(messages()).toMatchObject([{ type: MessageType.hello }, { type: MessageType.signal }]);
  });
});
