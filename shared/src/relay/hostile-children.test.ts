/** Neighbours that ask for places, name places, or take frames so as to harm; false parents are in hostile-parents.test.ts. */
import { describe, expect, it } from 'vitest';
import {
  A,
  accepts,
  MALLORY,
  refusals,
  STRIPES,
  sentBy,
  vacancy,
  viewer,
} from '../../test-kit/forest-scene.ts';
import { EPOCH } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { decodeMessage, encodeMessage } from '../wire/codec.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import { RefusalReason } from '../wire/tree-messages.ts';
import { relayTimings } from './relay-contract.ts';

const STRANGER = peerOf(99);

describe('hostile neighbours in the trees', () => {
  it('[R15] places named by strangers, by mere neighbours or in no stripe reach nobody', () => {
    const { loop, own, peers, subscribe, tell } = viewer({ neighbours: 2 });
    const [child, later] = peers as [PeerId, PeerId];
    subscribe(child);
    loop.run(2 * relayTimings.vacanciesEveryMs);
    loop.drop = (from) => from === HOST;
    const before = loop.sent.length;
    tell(STRANGER, [vacancy(200)]);
    tell(MALLORY, [vacancy(200)]);
    tell(child, [vacancy(200)], (own + 1) % STRIPES);
    for (const stripe of range(STRIPES, 256))
      for (const peer of [child, HOST]) tell(peer, [vacancy(200)], stripe);
    subscribe(later);
    loop.run(10 * relayTimings.vacanciesEveryMs);
    const said = sentBy(loop, A, before).flatMap((output) =>
      output.type === 'send' && output.message.type === MessageType.vacancies ? output.message.places : [],
    );
    expect(said).not.toEqual([]);
    expect(said.map(({ peer }) => peer)).not.toContain(peerOf(200));
    expect(loop.member(A).told.filter(({ type }) => type === 'want-link')).toEqual([]);
  });

  it('[R15] one who takes frames slowly loses its own place, whatever it says that it feeds, and nobody else does', () => {
    const { loop, own, subscribe, fill, childrenIn, unsubscribe } = viewer({ neighbours: 20 });
    const honest = fill().slice(1);
    unsubscribe(peerOf(100));
    subscribe(MALLORY, { interior: true });
    expect(childrenIn(own)).toContain(MALLORY);
    for (let waited = 0; waited <= 3 * relayTimings.backlogPauseMs; waited += 250) {
      if (childrenIn(own).includes(MALLORY))
        loop.input(A, { type: 'backlog', peer: MALLORY, waitedMs: relayTimings.backlogMs });
      loop.run(250);
    }
    expect(childrenIn(own).sort()).toEqual(honest.sort());
  });

  it('[R15] a subscribe by a stranger, or for a stripe that does not exist, is not answered', () => {
    const { forest, own, subscribe, childrenIn } = viewer();
    const free = forest.freeSlots;
    const outputs = [
      ...subscribe(STRANGER, { starving: true }),
      ...[STRIPES, 15, 255, -1, 0.5].flatMap((stripe) => subscribe(MALLORY, { stripe, starving: true })),
    ];
    expect(outputs).toEqual([]);
    expect([childrenIn(own), forest.freeSlots]).toEqual([[], free]);
  });

  it('[R6] a child that names a thousand places has a few of them told, now and then', () => {
    const { loop, own, peers, subscribe, tell } = viewer({ neighbours: 1 });
    const [child] = peers as [PeerId];
    subscribe(child);
    loop.run(1_000);
    const many = range(0, 1_000).map((number) => vacancy(1_000 + number));
    const message = { type: MessageType.vacancies, epoch: EPOCH, stripe: own } as const;
    const tooMany = encodeMessage({ ...message, places: many.slice(0, limits.vacanciesMax + 1) });
    expect(decodeMessage(tooMany)).toMatchObject({ ok: false });

    const before = loop.sent.length;
    const forMs = 10_000;
    for (let at = 0; at < many.length; at += limits.vacanciesMax) {
      tell(child, many.slice(at, at + limits.vacanciesMax));
      loop.run(forMs / (many.length / limits.vacanciesMax));
    }
    const told = sentBy(loop, A, before).flatMap((output) =>
      output.type === 'send' && output.message.type === MessageType.vacancies ? [output] : [],
    );
    const up = told.filter(({ peer }) => peer === HOST);
    expect(up.length).toBeGreaterThan(1);
    expect(up.length).toBeLessThanOrEqual(forMs / relayTimings.vacanciesEveryMs + 1);
    for (const { message } of told)
      if (message.type === MessageType.vacancies)
        expect(message.places.length).toBeLessThanOrEqual(limits.vacanciesMax);
  });

  it('[R15] a child that comes and goes a thousand times leaves the others their places, and the tables as they were', () => {
    const { forest, own, peers, subscribe, unsubscribe, fill, childrenIn } = viewer({ neighbours: 20 });
    const free = forest.freeSlots;
    const leaves = fill();
    const outputs = range(0, 1_000).flatMap((round) => {
      const said = subscribe(MALLORY, { interior: round % 2 === 0, starving: round % 3 === 0 });
      expect(childrenIn(own).length).toBeLessThanOrEqual(free + 1);
      return [...said, ...unsubscribe(MALLORY)];
    });
    expect(refusals(outputs, RefusalReason.makeRoom).length).toBeLessThanOrEqual(relayTimings.displacedMax);
    expect(childrenIn(own)).toEqual(leaves);
    for (const leaf of leaves) unsubscribe(leaf);
    expect([forest.freeSlots, childrenIn(own)]).toEqual([free, []]);
    expect(accepts(subscribe(peers[0] as PeerId))).toBe(true);
  });
});
