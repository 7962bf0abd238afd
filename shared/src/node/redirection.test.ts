import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import type { PeerId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { Redirection } from './redirection.ts';

const supernodeOf = (number: number): PeerId => peerOf(9_000 + number);
const range = (from: number, count: number): PeerId[] =>
  Array.from({ length: count }, (_, at) => peerOf(from + at));
const nobody = (): boolean => false;

/** What each supernode names; the first is supernode 0, and so on. */
function crossed(answers: readonly (readonly PeerId[])[], seed = 1): Redirection {
  const redirection = new Redirection(seededRandom(seed));
  for (const [at, inside] of answers.entries()) {
    redirection.answered(supernodeOf(at), { nonce: counting(at, 16), inside, outside: [] }, START);
  }
  return redirection;
}

const nameOnly = (answers: readonly (readonly PeerId[])[], at: number, picks: readonly PeerId[]): PeerId[] =>
  picks.filter((id) => answers.every((names, by) => names.includes(id) === (by === at)));

describe('crossing the answers of several supernodes', () => {
  it('[R24] whom most supernodes name comes first', () => {
    const [all, two, one] = [range(10, 3), range(20, 3), range(30, 3)];
    const answers = [
      [...one, ...two, ...all],
      [...two, ...all],
      [...range(40, 3), ...all],
    ];
    for (let seed = 0; seed < 20; seed++) {
      const picks = crossed(answers, seed).cross('inside', 8, nobody);
      expect(new Set(picks.slice(0, 3))).toEqual(new Set(all));
      expect(new Set(picks.slice(3, 6))).toEqual(new Set(two));
      expect(picks).toHaveLength(8);
    }
  });

  it('[R24] one that names many strangers fills no more than its share', () => {
    const answers = [range(1_000, 32), range(10, 2), range(20, 2)];
    for (let seed = 0; seed < 20; seed++) {
      const picks = crossed(answers, seed).cross('inside', 6, nobody);
      expect(picks).toHaveLength(6);
      expect(nameOnly(answers, 0, picks)).toHaveLength(2);
    }
  });

  it('[R24] a share is rounded up, so that no place stays empty without need', () => {
    const picks = crossed([range(1_000, 32), range(10, 1), range(20, 1)]).cross('inside', 4, nobody);
    expect(picks).toHaveLength(2 + 1 + 1);
  });

  it('[R24] at most ⌈picks ÷ supernodes⌉ that only one of them names, whatever they say', () => {
    const names = fc.array(
      fc.nat(40).map((number) => peerOf(number)),
      { maxLength: 32 },
    );
    const given = fc.tuple(
      fc.array(names, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 12 }),
      fc.nat(999),
    );
    fc.assert(
      fc.property(given, ([answers, picksMax, seed]) => {
        const picks = crossed(answers, seed).cross('inside', picksMax, nobody);
        expect(picks.length).toBeLessThanOrEqual(picksMax);
        expect(new Set(picks).size).toBe(picks.length);
        for (const id of picks) expect(answers.flat()).toContain(id);
        for (const at of answers.keys()) {
          const share = Math.ceil(picksMax / answers.length);
          expect(nameOnly(answers, at, picks).length).toBeLessThanOrEqual(share);
        }
      }),
      { seed: 1 },
    );
  });

  it('[R24] places stay empty rather than be filled by one that names too many', () => {
    const picks = crossed([range(10, 1), range(1_000, 32)]).cross('inside', 6, nobody);
    expect(picks).toHaveLength(1 + 3);
  });

  it('[R33] a single supernode decides alone', () => {
    expect(crossed([range(10, 20)]).cross('inside', 6, nobody)).toHaveLength(6);
  });

  it('[R24] who cannot be dialed takes no place of a share', () => {
    const tried = new Set(range(10, 4));
    const picks = crossed([range(10, 6), range(20, 6)]).cross('inside', 4, (id) => tried.has(id));
    expect(picks.filter((id) => range(10, 6).includes(id))).toEqual(
      expect.arrayContaining([peerOf(14), peerOf(15)]),
    );
    expect(picks).toHaveLength(4);
  });

  it('[R24] naming one twice does not make it two voices', () => {
    const [liked, doubled] = [peerOf(1), peerOf(2)];
    const answers = [[doubled, doubled, liked], [liked]];
    for (let seed = 0; seed < 10; seed++)
      expect(crossed(answers, seed).cross('inside', 1, nobody)).toEqual([liked]);
    expect(crossed(answers).named('inside')).toBe(2);
  });

  it('[R24] among equals chance decides, so that no supernode can by the order of its words', () => {
    const firsts = new Set<PeerId>();
    for (let seed = 0; seed < 60; seed++)
      for (const id of crossed([range(10, 6), range(20, 6)], seed).cross('inside', 2, nobody)) firsts.add(id);
    expect(firsts.size).toBe(12);
  });

  it('[R24] members of other streams are crossed apart', () => {
    const redirection = new Redirection(seededRandom(1));
    const nonce = counting(0, 16);
    const [both, one, two] = [1, 2, 3].map(peerOf) as [PeerId, PeerId, PeerId];
    redirection.answered(supernodeOf(0), { nonce, inside: [one], outside: [both] }, START);
    redirection.answered(supernodeOf(1), { nonce, inside: [two], outside: [two, both] }, START);
    expect(redirection.cross('outside', 1, nobody)).toEqual([both]);
    expect([redirection.named('inside'), redirection.named('outside')]).toEqual([2, 2]);
  });

  it('[R24] a supernode’s newer answer takes the place of its older one', () => {
    const redirection = crossed([range(10, 3), range(20, 3)]);
    const again = { nonce: counting(9, 16), inside: range(30, 2), outside: [] };
    redirection.answered(supernodeOf(0), again, START + 1_000);
    expect(redirection.answers).toBe(2);
    const picks = redirection.cross('inside', 20, nobody);
    expect(new Set(picks)).toEqual(new Set([...range(20, 3), ...range(30, 2)]));
  });

  it('[R25] who named a peer can carry signals to it', () => {
    const redirection = crossed([range(10, 1), range(10, 2)]);
    expect(redirection.proposer(peerOf(11))).toBe(supernodeOf(1));
    expect([supernodeOf(0), supernodeOf(1)]).toContain(redirection.proposer(peerOf(10)));
    expect(redirection.proposer(peerOf(12))).toBeUndefined();
  });

  it('[R6] answers of 32 supernodes are kept, and no more', () => {
    const redirection = crossed(Array.from({ length: 40 }, (_, at) => range(100 * at, 1)));
    expect([redirection.answers, redirection.named('inside')]).toEqual([32, 32]);
    const again = { nonce: counting(0, 16), inside: range(7, 2), outside: [] };
    redirection.answered(supernodeOf(3), again, START);
    expect([redirection.answers, redirection.named('inside')]).toEqual([32, 33]);
  });
});

describe('when the answers are in', () => {
  it('[R24] nothing is decided before the first answer', () => {
    const redirection = crossed([]);
    expect([redirection.decided(0, START), redirection.decided(3, START + 1e6)]).toEqual([false, false]);
    expect(redirection.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(redirection.cross('inside', 4, nobody)).toEqual([]);
  });

  it('[R24] all that can be hoped for are waited for, dead ones are not', () => {
    const redirection = crossed([range(1, 1), range(1, 1)]);
    expect(redirection.decided(3, START)).toBe(false);
    expect(redirection.decided(2, START)).toBe(true);
    expect(redirection.decided(1, START)).toBe(true);
  });

  it('[R24] slow ones have a second after the first', () => {
    const redirection = crossed([range(1, 1)]);
    redirection.answered(supernodeOf(1), { nonce: counting(0, 16), inside: [], outside: [] }, START + 600);
    expect(redirection.decided(3, START + 999)).toBe(false);
    expect(redirection.deadline).toBe(START + 1_000);
    expect(redirection.decided(3, START + 1_000)).toBe(true);
  });
});

describe('the nonce of a new stream', () => {
  it('[R4] is one of those proposed, and none of the supernodes can be sure that it is its own', () => {
    const chosen = new Set<string>();
    for (let seed = 0; seed < 40; seed++) chosen.add(String(crossed([[], [], []], seed).nonce()));
    expect(chosen).toEqual(new Set([0, 1, 2].map((at) => String(counting(at, 16)))));
  });

  it('[R4] there is none before an answer', () => {
    expect(crossed([]).nonce()).toBeUndefined();
  });
});
