import { describe, expect, it } from 'vitest';
import { START, STREAM } from '../../test-kit/frames.ts';
import { streamOf } from '../../test-kit/ids.ts';
import { GraphLevel } from '../wire/graph-messages.ts';
import { Role } from '../wire/link-messages.ts';
import { defaultGraphSettings, graphTimings } from './graph-contract.ts';
import { commonLevel, type LevelPeer, Levels } from './graph-level.ts';

const { sample, stream, streamLinks, whole } = GraphLevel;
const LATER = START + graphTimings.newcomerMs + 1;

const says = (
  level: GraphLevel,
  nodesSaid: number,
  membersSaid = nodesSaid,
  role: Role = Role.viewer,
): LevelPeer => ({
  role,
  stream: STREAM,
  level,
  nodesSaid,
  membersSaid,
});
const supernode = (nodes: number, members = nodes): LevelPeer => says(whole, nodes, members, Role.supernode);
const view = (held: number, heldOfStream: number, peers: readonly LevelPeer[] = []) => ({
  stream: STREAM,
  held,
  heldOfStream,
  peers,
});

describe('how much a node is meant to hold', () => {
  it('[R35] less as the network and the own stream grow', () => {
    for (const [held, ofStream, level] of [
      [200, 200, whole],
      [201, 200, streamLinks],
      [600, 201, stream],
      [600, 500, stream],
      [600, 501, sample],
    ] as const) {
      const levels = new Levels(defaultGraphSettings);
      levels.next(view(1, 1), START);
      expect(levels.next(view(held, ofStream), LATER)).toBe(level);
    }
  });

  it('[R35] a newcomer believes supernodes before it has pulled everything', () => {
    const levels = new Levels(defaultGraphSettings);
    expect(levels.next(view(3, 3, [supernode(5_000, 90)]), START)).toBe(streamLinks);
    const alone = new Levels(defaultGraphSettings);
    expect(alone.next(view(3, 3, [says(whole, 5_000)]), START)).toBe(whole);
  });

  it('[R35] whoever follows link lists among neighbours that hold none believes supernodes that count more', () => {
    const levels = new Levels(defaultGraphSettings);
    levels.next(view(1, 1), START);
    expect(levels.next(view(210, 192, [supernode(270, 190)]), LATER)).toBe(streamLinks);
    expect(levels.next(view(210, 192, [supernode(270, 260)]), LATER)).toBe(stream);
  });

  it('[R35] who holds a sample believes those who hold more, by their median, and supernodes first', () => {
    const levels = new Levels(defaultGraphSettings);
    levels.next(view(1, 1), START);
    levels.next(view(900, 700), LATER);
    const muchLater = LATER + 10 * graphTimings.raiseBackOffMaxMs;
    const liars = [says(whole, 3), says(stream, 900, 650), says(stream, 900, 640)];
    expect(levels.next(view(300, 256, liars), muchLater)).toBe(sample);
    expect(levels.next(view(300, 256, [...liars, supernode(390, 390)]), muchLater)).toBe(stream);
  });

  it('[R35] a sample that is not filled is not one: these are all', () => {
    const levels = new Levels(defaultGraphSettings);
    levels.next(view(1, 1), START);
    levels.next(view(900, 700), LATER);
    expect(levels.next(view(150, 140), LATER + graphTimings.raiseBackOffMaxMs)).toBe(streamLinks);
  });

  it('[R35] nobody is above most of its neighbours on its own word', () => {
    const levels = new Levels(defaultGraphSettings);
    const peers = [says(stream, 0), says(stream, 0), says(whole, 50)];
    expect(levels.next(view(20, 20, peers), START)).toBe(stream);
    const abroad = peers.map((peer) => ({ ...peer, stream: streamOf(40) }));
    expect(new Levels(defaultGraphSettings).next(view(20, 20, abroad), START)).toBe(streamLinks);
  });

  it('[R35] whoever had to come down waits longer each time before it tries again, whatever it is told', () => {
    const levels = new Levels(defaultGraphSettings);
    levels.next(view(1, 1), START);
    let now = LATER;
    const waits: number[] = [];
    for (let time = 0; time < 6; time++) {
      levels.next(view(300, 150), now);
      expect(levels.level).toBe(streamLinks);
      const since = now;
      while (levels.next(view(60, 50, [supernode(60, 50)]), now) !== whole) now += 1_000;
      waits.push((now - since) / 1_000);
    }
    expect(waits).toEqual([60, 120, 240, 480, 960, 960]);
  });
});

describe('what two neighbours compare', () => {
  const member = (level: GraphLevel, of = STREAM) => ({ level, stream: of, role: Role.viewer });
  const other = { level: whole, stream: undefined, role: Role.supernode };

  it('[R35] everything, the stream that both belong to, or nothing', () => {
    expect(commonLevel(member(whole), member(whole, streamOf(40)))).toEqual({
      level: whole,
      stream: undefined,
    });
    expect(commonLevel(member(streamLinks), member(stream))).toEqual({ level: stream, stream: STREAM });
    expect(commonLevel(member(streamLinks), member(whole, streamOf(40)))).toBeUndefined();
    expect(commonLevel(member(sample), member(whole))).toBeUndefined();
    expect(commonLevel(member(stream), other)).toEqual({ level: stream, stream: STREAM });
    expect(commonLevel(other, member(stream))).toEqual({ level: stream, stream: STREAM });
    expect(commonLevel(other, other)).toEqual({ level: whole, stream: undefined });
  });
});
