import { describe, expect, it } from 'vitest';
import type { PeerId } from '../src/lib/ids.ts';
import type { NodeSnapshot } from '../src/node/snapshot.ts';
import { Role } from '../src/wire/link-messages.ts';
import { Convergence, type ReplicaHolder } from './convergence.ts';

/** A node that knows the given others. */
class Knower implements ReplicaHolder {
  readonly peer: PeerId;
  knows: string[] = [];

  constructor(name: string) {
    this.peer = name as PeerId;
  }

  snapshot(): NodeSnapshot {
    const members = this.knows.map((name) => ({
      id: name as PeerId,
      role: name.startsWith('super') ? Role.supernode : Role.viewer,
      stream: undefined,
    }));
    return { members } as unknown as NodeSnapshot;
  }
}

describe('convergence', () => {
  it('is reached when every replica lists exactly the live nodes, supernodes and oneself aside', () => {
    const [a, b, c] = [new Knower('a'), new Knower('b'), new Knower('c')];
    const convergence = new Convergence();
    convergence.joined(a, 1_000);
    convergence.joined(b, 1_100);
    convergence.joined(c, 1_200);
    a.knows = ['a', 'b', 'c', 'super'];
    b.knows = ['a', 'c'];
    c.knows = ['c', 'a'];
    expect(convergence.check(1_300)).toBe(false);
    expect(convergence.convergeMs).toBe(Number.POSITIVE_INFINITY);
    c.knows = ['a', 'b'];
    expect(convergence.check(1_450)).toBe(true);
    expect(convergence.convergeMs).toBe(250);
  });

  it('starts anew with every change, and counts a node that is gone but listed as disagreement', () => {
    const [a, b] = [new Knower('a'), new Knower('b')];
    const convergence = new Convergence();
    convergence.joined(a, 0);
    convergence.joined(b, 0);
    a.knows = ['b'];
    b.knows = ['a'];
    expect(convergence.check(100)).toBe(true);
    convergence.gone(b.peer, 200);
    expect(convergence.check(300)).toBe(false);
    a.knows = [];
    expect(convergence.check(400)).toBe(true);
    expect(convergence.convergeMs).toBe(200);
  });
});
