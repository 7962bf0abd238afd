import { describe, expect, it } from 'vitest';
import { equalBytes } from '../src/lib/bytes.ts';
import type { LinkId } from '../src/lib/ids.ts';
import { seededRandom } from '../src/lib/random.ts';
import { Channel, type LinkTransport } from '../src/node/ports.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { TamperingTransport } from './tampering.ts';
import { VirtualClock } from './virtual-clock.ts';

const LINK = 1 as LinkId;

function setUp(fromAfterMs: number, share: number) {
  const sent: Uint8Array[] = [];
  const inner = { send: (_link, _channel, packet) => sent.push(packet) > 0 } as Partial<LinkTransport>;
  const clock = new VirtualClock();
  const settings = { fromMs: clock.nowMs + fromAfterMs, share };
  const door = new TamperingTransport(inner as LinkTransport, clock, seededRandom(1), settings);
  return { sent, clock, door };
}

const frame = (): Uint8Array => {
  const packet = new Uint8Array(2_904).fill(7);
  packet[0] = MessageType.frame;
  return packet;
};

describe('a tampering transport', () => {
  it('changes one bit of a copy, never the packet that others share', () => {
    const { sent, door } = setUp(0, 1);
    const packet = frame();
    for (let i = 0; i < 200; i++) door.send(LINK, Channel.frames, packet);
    expect(equalBytes(packet, frame())).toBe(true);
    for (const copy of sent) {
      const changed = [...copy].flatMap((byte, at) => (byte === packet[at] ? [] : [at]));
      expect(changed).toHaveLength(1);
      expect(changed[0]).toBeGreaterThan(0);
    }
    expect(door.tampered).toBe(200);
  });

  it('leaves everything that is not a frame alone', () => {
    const { sent, door } = setUp(0, 1);
    const votes = Uint8Array.of(MessageType.votes, 1, 2, 3);
    door.send(LINK, Channel.control, votes);
    expect(sent[0]).toBe(votes);
  });

  it('behaves until its time comes, and then by its share', () => {
    const { sent, door, clock } = setUp(1_000, 0.5);
    const packet = frame();
    for (let i = 0; i < 100; i++) door.send(LINK, Channel.frames, packet);
    expect(sent.every((copy) => copy === packet)).toBe(true);
    clock.runUntil(clock.nowMs + 1_000);
    for (let i = 0; i < 1_000; i++) door.send(LINK, Channel.frames, packet);
    expect(door.tampered).toBeGreaterThan(420);
    expect(door.tampered).toBeLessThan(580);
  });
});
