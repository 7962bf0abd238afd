import { describe, expect, it } from 'vitest';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { SignalMesh } from '../../test-kit/signal-mesh.ts';
import { signalOf } from '../../test-kit/signals.ts';
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { SignalFailure } from '../wire/supernode-messages.ts';

const peers = (...numbers: number[]): PeerId[] => numbers.map(peerOf);
const from1 = (to: number, changes: Parameters<typeof signalOf>[2] = {}) =>
  signalOf(peerOf(1), peerOf(to), changes);
const counters = (mesh: SignalMesh, number: number) => mesh.node(peerOf(number)).router.counters;

describe('a signal through the mesh', () => {
  it('[R25] is passed on from neighbour to neighbour, each of which writes itself on its path', () => {
    const { hops, arrived } = SignalMesh.line(4).send(from1(4));
    expect(hops).toEqual(peers(2, 3, 4));
    expect(arrived).toEqual(from1(4, { path: peers(2, 3) }));
  });

  it('[R25] takes a single path, even where there are many', () => {
    const numbers = [1, 2, 3, 4, 5, 6, 7];
    const all = numbers.flatMap((a) => numbers.filter((b) => b > a).map((b) => [a, b] as const));
    const withoutDirect = all.filter(([a, b]) => a !== 1 || b !== 7);
    const mesh = new SignalMesh(withoutDirect);
    expect(mesh.send(from1(7)).hops).toHaveLength(2);
    const passed = numbers.filter((number) => counters(mesh, number)['signals-forwarded'] === 1);
    expect(passed).toHaveLength(1);
  });

  it('[R25] passes at most 8 nodes', () => {
    expect(SignalMesh.line(10).send(from1(10)).arrived?.path).toHaveLength(limits.routeIdsMax);
    const longer = SignalMesh.line(11);
    expect(longer.send(from1(11)).arrived).toBeUndefined();
    expect(counters(longer, 10)).toEqual({ 'signal-too-far': 1 });
  });

  it('[R25] the answer goes back on the same path, though its sender knows no way', () => {
    const mesh = new SignalMesh([...[1, 2, 3, 4].map((a) => [a, a + 1] as const), [5, 6], [6, 1]]);
    const first = mesh.send(from1(5), peerOf(2)).arrived;
    const path = [...(first?.path ?? [])].reverse();
    mesh.believed.set(peerOf(5), []);
    const answer = signalOf(peerOf(5), peerOf(1), { route: path.slice(1) });
    const { hops, arrived } = mesh.send(answer, path[0]);
    expect(hops).toEqual(peers(4, 3, 2, 1));
    expect(arrived).toMatchObject({ route: [], path: peers(4, 3, 2) });
  });

  it('[R25] the answer to one that passed 8 nodes has a way back as well', () => {
    const mesh = SignalMesh.line(10);
    const path = [...(mesh.send(from1(10)).arrived?.path ?? [])].reverse();
    const answer = signalOf(peerOf(10), peerOf(1), { route: path.slice(1) });
    expect(mesh.send(answer, path[0]).arrived?.path).toEqual(path);
  });

  it('[R25] each goes on once, whoever brings it; another of the session goes on as well', () => {
    const mesh = new SignalMesh([
      [1, 2],
      [1, 3],
      [2, 4],
      [3, 4],
      [4, 5],
    ]);
    expect(mesh.send(from1(5), peerOf(2)).arrived).toBeDefined();
    expect(mesh.send(from1(5), peerOf(2)).hops).toEqual(peers(2));
    expect(mesh.send(from1(5), peerOf(3)).hops).toEqual(peers(3, 4));
    expect(counters(mesh, 4)).toEqual({ 'signals-forwarded': 1, 'signal-repeated': 1 });
    expect(mesh.send(from1(5, { payload: counting(9, 3) })).arrived).toBeDefined();
    expect(mesh.send(from1(5, { session: 6 })).arrived).toBeDefined();
  });

  it('[R25] goes another way where the best is gone', () => {
    const mesh = new SignalMesh([
      [1, 2],
      [2, 3],
      [3, 9],
      [2, 4],
      [4, 5],
      [5, 9],
    ]);
    mesh.cut(peerOf(2), peerOf(3));
    expect(mesh.send(from1(9)).hops).toEqual(peers(2, 4, 5, 9));
  });
});

describe('where there is no way', () => {
  it('[R25] the dialer is told, on the way that the signal came', () => {
    const mesh = SignalMesh.line(5);
    mesh.cut(peerOf(4), peerOf(5));
    const { hops, failed } = mesh.send(from1(5));
    expect(hops).toEqual(peers(2, 3, 4, 3, 2, 1));
    expect(failed).toMatchObject({
      to: peerOf(5),
      from: peerOf(1),
      session: 5,
      reason: SignalFailure.noRoute,
    });
  });

  it('[R25] the first on the way tells the dialer itself', () => {
    const mesh = new SignalMesh([[1, 2]]);
    expect(mesh.send(from1(5), peerOf(2)).failed).toMatchObject({ to: peerOf(5), route: [] });
  });

  it('[R25] a way that was given is not left for another', () => {
    const mesh = new SignalMesh([
      [1, 2],
      [2, 3],
      [3, 5],
      [2, 4],
      [4, 5],
    ]);
    mesh.cut(peerOf(2), peerOf(4));
    expect(mesh.send(from1(5, { route: peers(4) }), peerOf(2)).failed).toBeDefined();
  });

  it('[R25] word of a failure that finds its way cut gets lost', () => {
    const mesh = SignalMesh.line(5);
    mesh.cut(peerOf(4), peerOf(5));
    mesh.believed.set(peerOf(3), peers(4));
    const signal = mesh.send(from1(5)).failed;
    expect(signal).toBeDefined();
    const failure = { ...(signal as NonNullable<typeof signal>), route: peers(2) };
    mesh.cut(peerOf(2), peerOf(3));
    expect(mesh.deliver(peerOf(4), peerOf(3), failure)).toMatchObject({ hops: peers(3), failed: undefined });
    expect(counters(mesh, 3)['signal-no-route']).toBe(1);
  });

  it('[R25] nodes that send each other in circles end it with a failure', () => {
    const mesh = new SignalMesh([
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 2],
    ]);
    mesh.believed.set(peerOf(2), peers(3, 4));
    mesh.believed.set(peerOf(3), peers(4, 2));
    mesh.believed.set(peerOf(4), peers(2, 3));
    const { hops, failed } = mesh.send(from1(9), peerOf(2));
    expect(hops).toEqual(peers(2, 3, 4, 3, 2, 1));
    expect(failed).toBeDefined();
  });

  it('[R25] a route in a circle ends where it comes by a second time', () => {
    const mesh = new SignalMesh([
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 2],
    ]);
    const route = peers(3, 4, 2, 3, 4, 2, 3);
    expect(mesh.send(from1(9, { route }), peerOf(2)).hops).toEqual(peers(2, 3, 4, 2));
    expect(counters(mesh, 2)['signal-loop']).toBe(1);
  });
});
