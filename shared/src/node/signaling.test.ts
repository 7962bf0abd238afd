import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { type Signal, SignalFailure } from '../wire/supernode-messages.ts';
import { DialLedger } from './dial-ledger.ts';
import { Links } from './links.ts';
import { Signaling } from './signaling.ts';
import { SupernodeContacts } from './supernode-contacts.ts';

const [SMALL, SELF, LARGE] = [1, 2, 3].map(peerOf) as [PeerId, PeerId, PeerId];
const URL = 'wss://one.example/link';

function setUp(options: { linksMax?: number; connected?: boolean } = {}) {
  const links = new Links(SELF, options.linksMax ?? 20);
  const contacts = new SupernodeContacts([URL], links);
  const ledger = new DialLedger();
  let via: LinkId | undefined;
  if (options.connected ?? true) {
    const link = links.add({ kind: 'supernode', dialed: true, url: URL }, START);
    contacts.dialed(URL, link.id);
    links.transportOpened(link.id, START);
    links.hello(link.id, { peer: peerOf(9), version: 1, role: Role.supernode, stream: undefined }, START);
    via = link.id;
  }
  const dial = (expected: PeerId, session = 1) =>
    links.add({ kind: 'peer', dialed: true, expected, session }, START);
  return { links, ledger, via, dial, signaling: new Signaling(SELF, links, contacts, ledger) };
}

const signal = (from: PeerId, session: number, to = SELF): Signal => ({
  type: MessageType.signal,
  to,
  from,
  session,
  payload: counting(0, 3),
});

describe('signaling', () => {
  it('[R25] wraps what the transport wants said, for the first open supernode', () => {
    const { signaling, dial, via } = setUp();
    const payload = counting(0, 9);
    const message = { type: MessageType.signal, to: LARGE, from: SELF, session: 7, payload };
    expect(signaling.wrap(dial(LARGE, 7), payload)).toEqual({ via, message });
  });

  it('[R25] cannot send without a supernode, nor what is too large', () => {
    const alone = setUp({ connected: false });
    expect([alone.signaling.possible, alone.signaling.wrap(alone.dial(LARGE), counting(0, 1))]).toEqual([
      false,
      undefined,
    ]);
    const { signaling, dial } = setUp();
    expect(signaling.wrap(dial(LARGE), new Uint8Array(limits.signalBytesMax + 1))).toBeUndefined();
  });

  it('[R25] a signal of a session goes to its link, one for another peer nowhere', () => {
    const { signaling, dial } = setUp();
    const link = dial(LARGE, 7);
    expect(signaling.decide(signal(LARGE, 7))).toEqual({ type: 'hand-over', link: link.id });
    expect(signaling.decide(signal(LARGE, 7, SMALL))).toEqual({ type: 'ignore' });
  });

  it('[R25] when both dial, the dial of the smaller id stands', () => {
    const { signaling, dial } = setUp();
    dial(LARGE, 1);
    const own = dial(SMALL, 2);
    expect(signaling.decide(signal(LARGE, 50))).toEqual({ type: 'ignore' });
    expect(signaling.decide(signal(SMALL, 60))).toEqual({ type: 'accept', instead: own });
  });

  it('[R25] what trickles in for a session that ended is stale, and who was cut is not listened to', () => {
    const { signaling, dial, links, ledger } = setUp();
    links.remove(dial(LARGE, 7).id);
    expect(signaling.decide(signal(LARGE, 7))).toEqual({ type: 'ignore' });
    expect(signaling.decide(signal(LARGE, 8))).toEqual({ type: 'accept', instead: undefined });
    ledger.cut(LARGE);
    expect(signaling.decide(signal(LARGE, 9))).toEqual({ type: 'ignore' });
  });

  it('[R25] a node without room says so', () => {
    const { signaling, dial } = setUp({ linksMax: 2 });
    dial(LARGE);
    expect(signaling.decide(signal(SMALL, 5))).toEqual({
      type: 'refuse',
      message: {
        type: MessageType.signalFailed,
        to: SELF,
        from: SMALL,
        session: 5,
        reason: SignalFailure.noRoom,
      },
    });
  });

  it('[R6] one peer holds one place: with a dial of its own under way, another is not taken', () => {
    const { signaling, links } = setUp();
    links.add({ kind: 'peer', dialed: false, expected: LARGE, session: 1 }, START);
    let accepted = 0;
    for (let session = 2; session < 40; session++) {
      const decision = signaling.decide(signal(LARGE, session));
      if (decision.type !== 'accept') continue;
      accepted++;
      if (decision.instead) links.remove(decision.instead.id);
      links.add({ kind: 'peer', dialed: false, expected: LARGE, session }, START);
    }
    const places = [...links.all()].filter(({ expected }) => expected === LARGE).length;
    expect([places, accepted <= 38]).toEqual([1, true]);
  });

  it('[R25] a failure ends a dial that is still opening, and nothing else', () => {
    const { signaling, dial, links } = setUp();
    const link = dial(LARGE, 7);
    const failed = { type: MessageType.signalFailed, to: LARGE, from: SELF, session: 7, reason: 0 } as const;
    expect(signaling.failed(failed)).toBe(link);
    expect(signaling.failed({ ...failed, from: SMALL })).toBeUndefined();
    expect(signaling.failed({ ...failed, session: 8 })).toBeUndefined();
    links.transportOpened(link.id, START);
    expect(signaling.failed(failed)).toBeUndefined();
  });
});
