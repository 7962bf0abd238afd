import { describe, expect, it } from 'vitest';
import { Signer } from '../../test-kit/crypto.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { host, hostRecord, PeerScene, SELF, supernodeOf } from '../../test-kit/peer-scene.ts';
import { signalOf } from '../../test-kit/signals.ts';
import { type LinkId, tagOf } from '../lib/ids.ts';
import { encodeMessage } from '../wire/codec.ts';
import { WantedWhat } from '../wire/graph-messages.ts';
import { GoodbyeReason } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import type { Signal } from '../wire/supernode-messages.ts';
import { Offence } from './events.ts';
import { Gate } from './gate.ts';
import { Channel } from './ports.ts';

describe('what comes of offences', () => {
  it('[R31] one forged frame ends the link, and the peer is never linked with again', () => {
    const scene = new PeerScene();
    const { link, via } = scene.joined();
    const outputs = scene.input({ type: 'offence', link, offence: Offence.forgedFrame });
    expect(outputs).toContainEqual({ type: 'close', link, reason: GoodbyeReason.forgedFrame });
    expect(scene.events('peer-cut')).toEqual([
      { type: 'peer-cut', peer: host.peer, offence: Offence.forgedFrame },
    ]);
    const before = scene.outputs.length;
    scene.answer(via, [{ ...hostRecord(), version: { epoch: 2_000, seq: 0 } }]);
    scene.say(via, signalOf(host.peer, SELF));
    scene.run(10_000);
    expect(scene.outputs.slice(before).filter(({ type }) => type === 'dial' || type === 'accept')).toEqual(
      [],
    );
  });

  it.each([Offence.forgedLinks, Offence.forgedSignal, Offence.forgedRecord])(
    '[R31] a neighbour’s %s ends its link and all dealings with it',
    (offence) => {
      const scene = new PeerScene();
      const { link, via } = scene.joined();
      const outputs = scene.input({ type: 'offence', link, offence });
      expect(outputs).toContainEqual({ type: 'close', link, reason: GoodbyeReason.badPacket });
      expect([scene.events('peer-cut'), scene.node.rejected]).toMatchObject([
        [{ peer: host.peer, offence }],
        { [offence]: 1 },
      ]);
      scene.say(via, signalOf(host.peer, SELF));
      expect(scene.of('accept')).toEqual([]);
    },
  );

  it('[R43] a signal that a supernode or its client forged comes to nothing, and ends no link', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    const mallory = new Signer(3);
    const gate = new Gate(host.crypto, scene.node.gateAnswers, (link, verdict) => {
      if (verdict.type !== 'ignored') scene.input({ ...verdict, link });
    });
    const bring = (signal: Signal): void =>
      gate.receive(via, Channel.control, encodeMessage(signal), scene.now);
    bring({ ...mallory.signal(SELF), from: host.peer });
    bring({ ...host.signal(SELF), signature: mallory.signal(SELF).signature });
    bring({ ...host.signal(SELF), payload: counting(9, 9) });
    expect([scene.of('accept'), scene.of('close'), scene.events('peer-cut')]).toEqual([[], [], []]);
    expect(scene.node.rejected).toMatchObject({ [Offence.forgedSignal]: 3 });
    bring(host.signal(SELF));
    expect(scene.of('accept')).toMatchObject([{ remote: host.peer }]);
  });

  it('[R25][R43] a dial whose answer was forged on the way is given up, and made by another supernode', () => {
    const scene = new PeerScene({ supernodeCount: 2 });
    const [hostile, honest] = [scene.toSupernode(0), scene.toSupernode(1)];
    for (const via of [hostile, honest]) scene.answer(via, [hostRecord()]);
    const dial = () => {
      const { link } = scene.dialed('peer');
      scene.input({ type: 'signal-out', link, payload: counting(0, 3) });
      return { link, via: scene.of('send-signal').at(-1)?.link };
    };
    const first = dial();
    const forged = { type: 'offence', offence: Offence.forgedSignal } as const;
    scene.input({ ...forged, link: first.via as LinkId, from: peerOf(66) });
    expect(scene.node.links.get(first.link)).toBeDefined();
    scene.input({ ...forged, link: first.via as LinkId, from: host.peer });
    expect(scene.node.links.get(first.link)).toBeUndefined();
    expect(scene.node.links.openTo(supernodeOf(0))).toBeDefined();
    scene.live(4_000);
    const second = dial();
    expect(second.link).not.toBe(first.link);
    expect(new Set([first.via, second.via])).toEqual(new Set([hostile, honest]));
  });

  it('[R31] somebody else behind a dialed link ends it, but the one that was meant is not to blame', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    scene.answer(via, [hostRecord()]);
    const { link } = scene.dialed('peer');
    scene.open(link, peerOf(66));
    expect(scene.events('peer-cut')).toMatchObject([{ offence: Offence.wrongIdentity }]);
    expect(scene.node.links.openTo(peerOf(66))).toBeUndefined();
    scene.run(10_000);
    expect(scene.dialed('peer')).toMatchObject({ peer: host.peer });
    expect(scene.dialed('peer').link).not.toBe(link);
  });

  it('[R29] who asks for far more than anybody needs is cut', () => {
    const scene = new PeerScene();
    const { link } = scene.joined();
    scene.say(link, { type: MessageType.records, records: [hostRecord()] });
    const entry = { tag: tagOf(host.peer), what: WantedWhat.record, linksSeqHeld: 0 };
    const entries = Array.from({ length: 256 }, () => entry);
    const asks = (count: number): void => {
      for (let ask = 0; ask < count; ask++) scene.say(link, { type: MessageType.wanted, entries });
    };
    asks(5);
    expect(scene.events('peer-cut')).toEqual([]);
    asks(60);
    expect(scene.events('peer-cut')).toEqual([{ type: 'peer-cut', peer: host.peer, offence: Offence.flood }]);
    expect(scene.node.links.openTo(host.peer)).toBeUndefined();
  });
});
