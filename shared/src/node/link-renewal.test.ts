import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { openLink } from '../../test-kit/links.ts';
import type { PeerId } from '../lib/ids.ts';
import { LinkRenewal } from './link-renewal.ts';
import { type Link, Links } from './links.ts';

const MINUTE = 60_000;

interface Options {
  /** Links that a supernode proposed. */
  readonly proposed: number;
  /** How long a dial takes to open, ms; undefined: it never does. */
  readonly opensAfterMs?: (dial: number) => number | undefined;
  /** From when on the graph knows others, ms. */
  readonly knowsFromMs?: number;
}

/** A newcomer that looks every 500 ms. */
function newcomer({ proposed, opensAfterMs = () => 300, knowsFromMs = 0 }: Options) {
  const links = new Links(peerOf(0), 20);
  const renewal = new LinkRenewal();
  const left = Array.from({ length: proposed }, (_, at) => openLink(links, peerOf(100 + at)));
  const dials: { readonly peer: PeerId; readonly at: number; readonly opensAt: number | undefined }[] = [];
  const closed: { readonly link: Link; readonly at: number }[] = [];
  let now = START;
  const dialAnother = (): PeerId | undefined => {
    if (now < START + knowsFromMs) return undefined;
    const peer = peerOf(500 + dials.length);
    const afterMs = opensAfterMs(dials.length);
    dials.push({ peer, at: now - START, opensAt: afterMs === undefined ? undefined : now + afterMs });
    return peer;
  };
  const open = (peer: PeerId): Link | undefined => {
    const spare = renewal.opened(peer, { proposed: left }, now);
    if (spare === undefined) return undefined;
    closed.push({ link: spare, at: now - START });
    left.splice(left.indexOf(spare), 1);
    return spare;
  };
  const run = (untilMs: number): void => {
    for (; now <= START + untilMs; now += 100) {
      for (const { peer, opensAt } of dials) if (opensAt === now) open(peer);
      if ((now - START) % 500 === 0) renewal.proceed({ proposed: left, dialAnother }, now);
    }
  };
  return { renewal, left, dials, closed, run, open };
}

describe('renewing the links that supernodes proposed', () => {
  it.each([
    [1, 1],
    [2, 1],
    [4, 2],
    [5, 3],
    [8, 4],
    [16, 8],
  ])('[R24] of %i proposed links, %i are replaced within a minute', (proposed, replaced) => {
    const { renewal, run, closed, left } = newcomer({ proposed });
    renewal.begin(START);
    run(MINUTE);
    expect([closed.length, left.length]).toEqual([replaced, proposed - replaced]);
    run(10 * MINUTE);
    expect(closed).toHaveLength(replaced);
  });

  it('[R24] one after another, each only when the link to another is open', () => {
    const { renewal, run, closed, dials } = newcomer({ proposed: 8, opensAfterMs: () => 2_000 });
    renewal.begin(START);
    run(MINUTE);
    expect(dials).toHaveLength(4);
    for (const [at, dial] of dials.entries()) {
      const closedAt = closed[at]?.at ?? 0;
      expect(closedAt - dial.at).toBe(2_000);
      expect(dials[at + 1]?.at ?? Number.POSITIVE_INFINITY).toBeGreaterThan(closedAt + 5_000);
    }
  });

  it('[R24] the link that the relay can spare first goes first', () => {
    const { renewal, run, closed, left } = newcomer({ proposed: 4 });
    const [first] = left;
    renewal.begin(START);
    run(MINUTE);
    expect(closed[0]?.link).toBe(first);
  });

  it('[R24] not in the first seconds, when the graph is hardly known', () => {
    const { renewal, run, dials } = newcomer({ proposed: 8 });
    renewal.begin(START);
    run(9_000);
    expect(dials).toEqual([]);
  });

  it('[R24] a dial that fails is tried with another', () => {
    const opensAfterMs = (dial: number) => (dial % 2 === 0 ? undefined : 300);
    const { renewal, run, closed } = newcomer({ proposed: 4, opensAfterMs });
    renewal.begin(START);
    run(MINUTE);
    expect(closed).toHaveLength(2);
  });

  it('[R24] where the graph knows nobody else yet, it is asked again', () => {
    const { renewal, run, closed } = newcomer({ proposed: 4, knowsFromMs: 20_000 });
    renewal.begin(START);
    run(MINUTE);
    expect(closed).toHaveLength(2);
  });

  it('[R26] it gives up after two minutes: the dials of a page are few', () => {
    const { renewal, run, dials } = newcomer({ proposed: 8, opensAfterMs: () => undefined });
    renewal.begin(START);
    run(20 * MINUTE);
    expect(dials.length).toBeGreaterThan(8);
    expect(dials.at(-1)?.at).toBeLessThan(2 * MINUTE);
    expect(renewal.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('[R24] other links that open close nothing', () => {
    const { renewal, run, open, closed } = newcomer({ proposed: 8, opensAfterMs: () => undefined });
    renewal.begin(START);
    run(10_000);
    expect(open(peerOf(999))).toBeUndefined();
    expect(open(peerOf(500))).toBeDefined();
    // The same peer may come again.
    expect(open(peerOf(500))).toBeUndefined();
    expect(closed).toHaveLength(1);
  });

  it('[R24] nothing happens before the first proposed link, nor where none was proposed', () => {
    const { renewal, run, dials } = newcomer({ proposed: 4 });
    expect(renewal.deadline).toBe(Number.POSITIVE_INFINITY);
    run(MINUTE);
    expect(dials).toEqual([]);
    const found = newcomer({ proposed: 0 });
    found.renewal.begin(START);
    found.run(MINUTE);
    expect(found.dials).toEqual([]);
  });

  it('[R24] it begins once', () => {
    const { renewal, run, closed } = newcomer({ proposed: 8 });
    renewal.begin(START);
    const { deadline } = renewal;
    renewal.begin(START + 5_000);
    expect(renewal.deadline).toBe(deadline);
    run(MINUTE);
    renewal.begin(START + MINUTE);
    run(3 * MINUTE);
    expect(closed).toHaveLength(4);
  });
});
