/** Attacks on one WebSocket: frames that are none, messages without measure, silence. */
import { setTimeout as sleep } from 'node:timers/promises';
import { endOf, rawFrames } from '../outcome.ts';
import { TrialClient } from '../trial-client.ts';
import { type AbuseCase, attacker, flood, localAddress, type Target } from './abuse-case.ts';

const from = { localAddress: localAddress() };

/** A masked frame with a mask of zeros: first byte, bytes that give the length, payload. */
const frame = (first: number, length: readonly number[], payload = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), payload]);
const sends =
  (frames: Buffer) =>
  ({ port }: Target) =>
    rawFrames(port, frames);

async function sendsFirst(target: Target, first: Uint8Array | string): Promise<string> {
  const client = await TrialClient.connect(target.port, from);
  client.socket.send(first);
  return endOf(client);
}

export const socketCases: readonly AbuseCase[] = [
  { name: 'a frame that is not masked', expects: 'close 1002', run: sends(Buffer.from([0x82, 0x01, 0x00])) },
  { name: 'a frame of an unknown kind', expects: 'close 1002', run: sends(frame(0x8b, [0x80])) },
  { name: 'reserved bits', expects: 'close 1002', run: sends(frame(0xb2, [0x80])) },
  {
    name: 'a compressed message, though compression was not agreed on',
    expects: 'close 1002',
    run: sends(frame(0xc2, [0x84], Buffer.from([0x4b, 0x4c, 0x04, 0x00]))),
  },
  {
    name: 'a frame that announces 2^62 bytes',
    expects: 'close 1009',
    run: sends(frame(0x82, [0xff, 0x40, 0, 0, 0, 0, 0, 0, 0])),
  },
  {
    name: 'a ping that is too long',
    expects: 'close 1002',
    run: sends(frame(0x89, [0xfe, 0x00, 0x80], Buffer.alloc(128))),
  },
  { name: 'a ping in parts', expects: 'close 1002', run: sends(frame(0x09, [0x80])) },
  { name: 'a rest without a beginning', expects: 'close 1002', run: sends(frame(0x80, [0x80])) },
  {
    name: 'a close with a code that may not be sent',
    expects: 'close 1002',
    run: sends(frame(0x88, [0x82], Buffer.from([0x03, 0xed]))),
  },
  {
    name: 'text that is no UTF-8',
    expects: 'close 1007',
    run: sends(frame(0x81, [0x82], Buffer.from([0xc0, 0x80]))),
  },
  { name: 'a text message', expects: 'close 1003', run: (target) => sendsFirst(target, 'hello') },
  {
    name: 'a message over 16 KiB',
    expects: 'close 1009',
    run: (target) => sendsFirst(target, new Uint8Array(16 * 1024 + 1)),
  },
  {
    name: 'a message in ever more parts',
    expects: 'close 1008',
    run: async ({ port }) => {
      const client = await TrialClient.connect(port, from);
      for (let part = 0; part < 100; part++) client.socket.send(new Uint8Array(1), { fin: false });
      return endOf(client);
    },
  },
  {
    name: 'a large message in a few parts that never ends',
    expects: 'close 1009',
    run: async ({ port }) => {
      const client = await TrialClient.connect(port, from);
      for (let part = 0; part < 3; part++) client.socket.send(new Uint8Array(8 * 1024), { fin: false });
      return endOf(client);
    },
  },
  {
    name: 'a first message that is no nonce',
    expects: 'close 4002',
    run: (target) => sendsFirst(target, new Uint8Array(33)),
  },
  {
    name: 'no first message',
    expects: 'close 4001',
    run: async ({ port }) => endOf(await TrialClient.connect(port, from)),
  },
  {
    name: 'a nonce, and then no hello',
    expects: 'close 4005',
    run: async ({ port }) => endOf(await TrialClient.bound(port, from)),
  },
  {
    name: 'a first message that dribbles in parts',
    expects: 'close 4001',
    run: async ({ port }) => {
      const client = await TrialClient.connect(port, from);
      const timer = setInterval(
        () => client.socket.send(new Uint8Array(1), { fin: false }, () => undefined),
        150,
      );
      const outcome = await endOf(client);
      clearInterval(timer);
      return outcome;
    },
  },
  {
    name: 'small packets without measure',
    expects: 'close 4003',
    run: async ({ port }) => {
      const client = await attacker(port);
      await flood(client, () => Uint8Array.of(0x03, 0, 0, 0, 1), 5_000);
      return endOf(client);
    },
  },
  {
    name: 'large packets without measure',
    expects: 'close 4004',
    run: async ({ port }) => {
      const client = await attacker(port);
      const { peer } = client.identity;
      const signal = client.identity.signal(peer, new Uint8Array(12 * 1024));
      await flood(client, () => signal, 300);
      return endOf(client);
    },
  },
  {
    name: 'WebSocket pings without measure, and none of the answers read',
    expects: 'close 4003',
    run: async ({ port, metric }) => {
      const before = await metric('murmuration_sockets_ended_total{reason="too-many-packets"}');
      const client = await attacker(port);
      client.socket.pause();
      for (let at = 0; at < 5_000; at++) client.socket.ping(new Uint8Array(125), true, () => undefined);
      for (let tries = 0; tries < 100; tries++) {
        if ((await metric('murmuration_sockets_ended_total{reason="too-many-packets"}')) > before) break;
        await sleep(50);
      }
      client.socket.resume();
      const outcome = await endOf(client);
      // The close frame is behind answers that the socket may have been cut with.
      const counted = (await metric('murmuration_sockets_ended_total{reason="too-many-packets"}')) > before;
      return counted && outcome === 'close 1006' ? 'close 4003' : outcome;
    },
  },
  {
    name: 'unasked pongs without measure',
    expects: 'close 4003',
    run: async ({ port }) => {
      const client = await attacker(port);
      for (let at = 0; at < 5_000; at++) client.socket.pong(new Uint8Array(125), true, () => undefined);
      return endOf(client);
    },
  },
  {
    name: 'no answer to pings',
    expects: 'close 1006',
    run: async ({ port }) => {
      const client = await attacker(port, { autoPong: false });
      client.socket.removeAllListeners('message');
      return endOf(client);
    },
  },
  {
    name: 'half of a closing handshake',
    expects: 'close 1003',
    run: async ({ port }) => {
      const client = await TrialClient.connect(port, from);
      client.socket.send('text');
      // It hears nothing of the close, and does not answer it.
      client.socket.pause();
      await sleep(1_500);
      client.socket.resume();
      return endOf(client);
    },
  },
];
