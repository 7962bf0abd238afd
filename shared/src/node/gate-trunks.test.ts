/** The proof that one supernode gives another, as the gate checks it. */
import { describe, expect, it } from 'vitest';
import { Signer } from '../../test-kit/crypto.ts';
import { START } from '../../test-kit/frames.ts';
import { counting } from '../../test-kit/ids.ts';
import type { LinkId } from '../lib/ids.ts';
import { encodeMessage, type WireMessage } from '../wire/codec.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { trunkProofSigningBytes } from '../wire/trunk-messages.ts';
import { Offence } from './events.ts';
import { Gate } from './gate.ts';
import type { GateQuestions } from './gate-questions.ts';
import { Channel } from './ports.ts';

const LINK = 1 as LinkId;
const BINDING = counting(7, 32);
const [self, other, mallory] = [new Signer(1), new Signer(2), new Signer(3)];

function setUp() {
  const words: string[] = [];
  const gate = new Gate(self.crypto, {} as GateQuestions, (_link, verdict) => {
    words.push(verdict.type === 'offence' ? verdict.offence : verdict.type);
  });
  gate.open(LINK, BINDING);
  const receive = (message: WireMessage): void =>
    gate.receive(LINK, Channel.control, encodeMessage(message), START);
  return { gate, words, receive };
}

const proofOf = (signer: Signer, binding: Uint8Array, receiver: Signer): WireMessage => {
  const signed = trunkProofSigningBytes(binding, receiver.crypto.publicKey);
  return { type: MessageType.trunkProof, signature: signer.crypto.sign(signed) as Uint8Array };
};
const hello = (signer: Signer): WireMessage =>
  signer.hello(BINDING, { role: Role.supernode, stream: undefined });

describe('a trunk proof', () => {
  it('[R40] passes if who said hello signed it, for this link and for this supernode', () => {
    const { gate, words, receive } = setUp();
    receive(hello(other));
    receive(proofOf(other, BINDING, self));
    expect(words).toEqual(['packet', 'packet']);
    expect(gate.claimOf(LINK)).toEqual({ binding: BINDING, publicKey: other.crypto.publicKey });
  });

  it.each([
    ['that another signed', proofOf(mallory, BINDING, self)],
    [
      'that was given to another supernode: who passes hellos on cannot use it',
      proofOf(other, BINDING, mallory),
    ],
    ['of another link', proofOf(other, counting(8, 32), self)],
  ])('[R40] %s is a wrong identity', (_name, proof) => {
    const { words, receive } = setUp();
    receive(hello(other));
    receive(proof);
    expect(words).toEqual(['packet', Offence.wrongIdentity]);
  });

  it('[R40][R31] before the hello, and a second one, are malformed', () => {
    const early = setUp();
    early.receive(proofOf(other, BINDING, self));
    expect(early.words).toEqual([Offence.malformed]);
    const twice = setUp();
    twice.receive(hello(other));
    for (let times = 0; times < 2; times++) twice.receive(proofOf(other, BINDING, self));
    expect(twice.words).toEqual(['packet', 'packet', Offence.malformed]);
  });
});
