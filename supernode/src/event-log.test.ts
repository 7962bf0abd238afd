import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { Offence } from '@murmuration/shared/node/events.ts';
import { TrunkFailure } from '@murmuration/shared/node/supernode-settings.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { expect, test } from 'vitest';
import { EventLog } from './event-log.ts';
import { createLog } from './log.ts';

const A = 'a' as PeerId;
const LINK = 1 as LinkId;

function linkOpen(role: Role) {
  const event = { type: 'link-open', link: LINK, peer: A, role } as const;
  return event;
}

function linkClosed(reason: string) {
  const event = { type: 'link-closed', link: LINK, peer: A, reason } as const;
  return event;
}

function logged() {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const time = { nowMs: 0 };
  return {
    lines,
    time,
    events: new EventLog(createLog({ format: 'text', level: 'info' }, write, write), () => time.nowMs),
  };
}

test('supernodes that come and go are worth a line each, clients are not', () => {
  const { lines, events } = logged();
  for (const role of [Role.viewer, Role.host]) {
    events.event(linkOpen(role));
    events.event(linkClosed('closed'));
  }
  expect(lines).toEqual([]);
  events.event(linkOpen(Role.supernode));
  events.event(linkClosed('silent'));
  expect(lines).toEqual([
    'Linked with another supernode (peer a)',
    'The link with another supernode ended (peer a, reason silent)',
  ]);
});

test('lines come at a limited rate; the next one says how many are missing', () => {
  const { lines, time, events } = logged();
  const cut = () => events.event({ type: 'peer-cut', peer: A, offence: Offence.flood });
  for (let at = 0; at < 15; at++) cut();
  expect(lines).toHaveLength(10);
  time.nowMs = 1_000;
  cut();
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toContain('unlogged 5');
  // Supernodes have a budget of their own.
  for (let at = 0; at < 15; at++) {
    events.event(linkOpen(Role.supernode));
    events.event(linkClosed('closed'));
  }
  expect(lines).toHaveLength(21);
});

test('[R40] what an operator has to see to is said in words', () => {
  const { lines, events } = logged();
  events.event({ type: 'trunk-refused', peer: A, reason: 'not-listed' });
  events.event({ type: 'trunk-refused', peer: A, reason: 'cut-off' });
  const failed = { type: 'trunk-failed', peer: A, url: 'wss://b/link', found: undefined } as const;
  for (const reason of Object.values(TrunkFailure)) events.event({ ...failed, reason });
  events.event({ ...failed, reason: TrunkFailure.none });
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/not on the list.*--peer-id.*id a/);
  expect(lines[1]).toContain('cut off');
  expect(lines[2]).toMatch(/does not let this one in.*--peer-id.*url wss:\/\/b\/link/);
  expect(lines[3]).toContain('leads to this supernode itself');
});

test('a supernode that cannot be reached is named once for each reason, until one is linked', () => {
  const { lines, events } = logged();
  for (const reason of ['timed-out', 'timed-out', 'refused', 'refused'])
    events.dialFailed('wss://b/link', reason);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('url wss://b/link, reason timed-out');
  events.event(linkOpen(Role.supernode));
  events.dialFailed('wss://b/link', 'refused');
  expect(lines).toHaveLength(4);
});
