import { describe, expect, it } from 'vitest';
import { beaconOf, frameOf, STREAM } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { host, memberOf, PeerScene } from '../../test-kit/peer-scene.ts';
import { linkListOf } from '../../test-kit/records.ts';
import { SupernodeScene } from '../../test-kit/supernode-scene.ts';
import { MessageType } from '../wire/message-type.ts';

describe('answers to the gate', () => {
  it('[R34] the gate is told what is news, and what changes refer to', () => {
    const scene = new PeerScene();
    const { gateAnswers } = scene.node;
    const { link } = scene.joined();
    const member = memberOf(50);
    expect(gateAnswers.publicKeyOf(member.id)).toBeUndefined();
    scene.say(link, { type: MessageType.records, records: [member] });
    const list = linkListOf(50, [1, 2], { epoch: 1_000, seq: 4 });
    expect(gateAnswers.wantsLinks(member.id, list.version)).toBe(true);
    scene.say(link, { type: MessageType.links, lists: [list] });
    expect(gateAnswers.wantsLinks(member.id, list.version)).toBe(false);
    expect(gateAnswers.wantsRecord(member.id, member.version)).toBe(false);
    expect(gateAnswers.linkBase(member.id)).toEqual(list);
    expect(gateAnswers.publicKeyOf(member.id)).toEqual(member.publicKey);
  });

  it('[R2] a supernode wants no frame, no beacon and no charge, and leaves signals to who receives them', () => {
    const supernode = new SupernodeScene();
    supernode.connect(peerOf(1));
    const link = supernode.linkOf(peerOf(1));
    const { gateAnswers } = supernode.node;
    const { header, payload } = frameOf(0);
    expect(gateAnswers.admitsFrame(header, payload.length, link, supernode.now)).toBe(false);
    expect(gateAnswers.hostKey(STREAM)).toBeUndefined();
    expect(gateAnswers.wantsBeacon(beaconOf())).toBe(false);
    expect(gateAnswers.wantsCharge(host.head(0))).toBe(false);
    expect(gateAnswers.passesSignals).toBe(true);
    expect(new PeerScene().node.gateAnswers.passesSignals).toBe(false);
  });
});
