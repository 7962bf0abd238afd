import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import type { PeerId } from '../lib/ids.ts';
import { Role } from '../wire/link-messages.ts';
import { condensed, statisticsLimits, statisticsOf, type ViewedNode } from './statistics.ts';

const member = (number: number, stream: number, role: Role = Role.viewer): ViewedNode => ({
  id: peerOf(number),
  role,
  stream: streamOf(stream),
});
const link = (a: number, b: number): readonly [PeerId, PeerId] => [peerOf(a), peerOf(b)];

describe('statistics of the network', () => {
  it('counts the eight of the monitor', () => {
    const statistics = statisticsOf({
      nodes: [
        member(1, 1, Role.host),
        member(2, 1),
        member(3, 1),
        member(4, 2, Role.host),
        member(5, 2),
        member(6, 3, Role.host),
        { id: peerOf(9), role: Role.supernode, stream: undefined },
      ],
      links: [link(1, 2), link(1, 3), link(4, 5), link(2, 4), link(5, 2), link(3, 6)],
    });
    expect(statistics).toEqual({
      activeNodes: 6,
      supernodes: 1,
      connections: 6,
      subnetworks: 3,
      listed: [
        {
          stream: streamOf(1),
          members: 3,
          internalRelations: 2,
          externalConnections: 3,
          innerPerMember: { mean: 4 / 3, max: 2 },
          outerPerMember: { mean: 1, max: 2 },
          neighbours: [
            { stream: streamOf(2), connections: 2 },
            { stream: streamOf(3), connections: 1 },
          ],
          otherNeighbours: { subnetworks: 0, connections: 0 },
        },
        {
          stream: streamOf(2),
          members: 2,
          internalRelations: 1,
          externalConnections: 2,
          innerPerMember: { mean: 1, max: 1 },
          outerPerMember: { mean: 1, max: 1 },
          neighbours: [{ stream: streamOf(1), connections: 2 }],
          otherNeighbours: { subnetworks: 0, connections: 0 },
        },
        {
          stream: streamOf(3),
          members: 1,
          internalRelations: 0,
          externalConnections: 1,
          innerPerMember: { mean: 0, max: 0 },
          outerPerMember: { mean: 1, max: 1 },
          neighbours: [{ stream: streamOf(1), connections: 1 }],
          otherNeighbours: { subnetworks: 0, connections: 0 },
        },
      ],
      rest: {
        subnetworks: 0,
        members: 0,
        internalRelations: 0,
        externalConnections: 0,
        innerPerMember: { mean: 0, max: 0 },
        outerPerMember: { mean: 0, max: 0 },
      },
    });
  });

  it('takes no socket to a supernode, no link to oneself and none to a stranger for a connection', () => {
    const { connections, listed } = statisticsOf({
      nodes: [member(1, 1), { id: peerOf(9), role: Role.supernode, stream: undefined }],
      links: [link(1, 9), link(1, 1), link(1, 7)],
    });
    expect(connections).toBe(0);
    expect(listed[0]).toMatchObject({ internalRelations: 0, externalConnections: 0 });
  });

  it('counts the link of a member without a subnetwork as a connection only', () => {
    const statistics = statisticsOf({
      nodes: [member(1, 1), { id: peerOf(2), role: Role.viewer, stream: undefined }],
      links: [link(1, 2)],
    });
    expect(statistics).toMatchObject({ activeNodes: 2, connections: 1, subnetworks: 1 });
    expect(statistics.listed[0]).toMatchObject({
      internalRelations: 0,
      externalConnections: 0,
      neighbours: [],
    });
  });

  it('lists no more than its limits and sums up the rest', () => {
    const others = statisticsLimits.subnetworksMax + 44;
    const nodes = [member(0, 0), member(1, 0)];
    const links = [];
    for (let number = 2; number < 2 + others; number++) {
      nodes.push(member(number, number));
      links.push(link(0, number));
    }
    const { subnetworks, listed, rest } = statisticsOf({ nodes, links });
    expect(subnetworks).toBe(others + 1);
    expect(listed).toHaveLength(statisticsLimits.subnetworksMax);
    expect(listed[0]).toMatchObject({
      stream: streamOf(0),
      otherNeighbours: {
        subnetworks: others - statisticsLimits.neighboursMax,
        connections: others - statisticsLimits.neighboursMax,
      },
    });
    expect(listed[0]?.neighbours).toHaveLength(statisticsLimits.neighboursMax);
    expect(rest).toMatchObject({
      subnetworks: 45,
      members: 45,
      externalConnections: 45,
      outerPerMember: { mean: 1, max: 1 },
    });
  });

  // Dense enough that most subnetworks have several neighbours.
  const views = fc.record({
    streams: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 30, size: 'max' }),
    pairs: fc.uniqueArray(fc.tuple(fc.nat(29), fc.nat(29)), {
      selector: ([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`,
      maxLength: 80,
      size: 'max',
    }),
  });

  it('adds up, whatever the graph and however it is condensed', () => {
    fc.assert(
      fc.property(views, fc.nat(8), fc.nat(4), ({ streams, pairs }, subnetworksMax, neighboursMax) => {
        const whole = statisticsOf({
          nodes: streams.map((stream, number) => member(number, stream)),
          links: pairs.map(([a, b]) => link(a, b)),
        });
        const neighboursOf = new Map(
          whole.listed.map(({ stream, neighbours }) => [stream, neighbours.length]),
        );
        const once = condensed(whole, {
          subnetworksMax: subnetworksMax + 1,
          neighboursMax: neighboursMax + 1,
        });
        for (const statistics of [whole, once, condensed(once, { subnetworksMax, neighboursMax })]) {
          const { activeNodes, connections, subnetworks, listed, rest } = statistics;
          const all = [...listed, rest];
          const sum = (of: (one: (typeof all)[number]) => number) =>
            all.reduce((total, one) => total + of(one), 0);
          expect(sum(({ members }) => members)).toBe(activeNodes);
          const ends = sum(
            ({ internalRelations, externalConnections }) => 2 * internalRelations + externalConnections,
          );
          expect(ends).toBe(2 * connections);
          expect(listed.length + rest.subnetworks).toBe(subnetworks);
          for (const { stream, neighbours, otherNeighbours, externalConnections } of listed) {
            const named = neighbours.reduce((total, neighbour) => total + neighbour.connections, 0);
            expect(named + otherNeighbours.connections).toBe(externalConnections);
            expect(neighbours.length + otherNeighbours.subnetworks).toBe(neighboursOf.get(stream));
          }
          for (const { innerPerMember, outerPerMember } of all) {
            expect(innerPerMember.max).toBeGreaterThanOrEqual(innerPerMember.mean);
            expect(outerPerMember.max).toBeGreaterThanOrEqual(outerPerMember.mean);
          }
        }
      }),
    );
  });
});
