import { describe, expect, it } from 'vitest';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { host, memberOf, PeerScene, SELF } from '../../test-kit/peer-scene.ts';
import { failureOf, signalOf } from '../../test-kit/signals.ts';

describe('signals of a node', () => {
  it('[R25] a neighbour may bring one for this node, and gets the answer', () => {
    const scene = new PeerScene();
    const { link } = scene.joined();
    scene.say(link, signalOf(peerOf(70), SELF, { path: [peerOf(71), host.peer] }));
    const [accept] = scene.of('accept');
    expect(accept).toMatchObject({ remote: peerOf(70) });
    if (!accept) return;
    scene.input({ type: 'signal-out', link: accept.link, payload: counting(0, 9) });
    const signal = { to: peerOf(70), session: 5, payload: counting(0, 9), route: [peerOf(71)] };
    expect(scene.of('send-signal').at(-1)).toEqual({ type: 'send-signal', link, signal });
  });

  it('[R25] a neighbour’s signals for others are passed on, and its word of failures', () => {
    const scene = new PeerScene();
    const { link, via } = scene.joined();
    const other = scene.accepted(via, peerOf(77));
    const signal = signalOf(peerOf(77), host.peer);
    expect(scene.say(other, signal)).toContainEqual({
      type: 'send',
      link,
      message: { ...signal, path: [SELF] },
    });
    const failure = failureOf(signal);
    expect(scene.say(link, failure)).toContainEqual({ type: 'send', link: other, message: failure });
    scene.say(other, signal);
    expect(scene.node.rejected).toEqual({ 'signals-forwarded': 1, 'signal-repeated': 1 });
  });

  it('[R25] a supernode’s signals for others are not', () => {
    const scene = new PeerScene();
    const { via } = scene.joined();
    const before = scene.of('send').length;
    scene.say(via, signalOf(peerOf(70), host.peer));
    expect(scene.of('send').length).toBe(before);
    expect(scene.node.rejected).toEqual({ 'signal-not-ours': 1 });
  });

  it('[R25] word of a failure counts only from where the dial went: it is not signed', () => {
    const scene = new PeerScene();
    const { link, via } = scene.joined();
    scene.answer(via, [memberOf(70)]);
    scene.run(1_000);
    const dial = scene.dials('peer').find(({ peer }) => peer === peerOf(70));
    if (!dial) throw new Error('not dialed');
    scene.input({ type: 'signal-out', link: dial.link, payload: counting(0, 3) });
    const sent = scene.of('send-signal').at(-1);
    expect(sent).toMatchObject({ link: via, signal: { to: peerOf(70), route: [] } });
    const failure = failureOf(signalOf(SELF, peerOf(70), { session: sent?.signal.session ?? 0 }));
    scene.say(link, failure);
    expect(scene.node.links.get(dial.link)).toBeDefined();
    scene.say(via, failure);
    expect(scene.node.links.get(dial.link)).toBeUndefined();
    expect(scene.node.dialed).toBe(2);
  });
});
