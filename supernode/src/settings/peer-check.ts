/**
 * Says hello to another supernode as this one would, and hears whether it is let in (PROTOCOL.md R40). The own proof is never given, so
 * no link comes of it.
 */
import { once } from 'node:events';
import { type PeerId, peerIdFromBytes } from '@murmuration/shared/lib/ids.ts';
import type { Crypto } from '@murmuration/shared/node/ports.ts';
import { decodeMessage, encodeMessage } from '@murmuration/shared/wire/codec.ts';
import {
  GoodbyeReason,
  type Hello,
  helloSigningBytes,
  PROTOCOL_VERSION,
  Role,
} from '@murmuration/shared/wire/link-messages.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { SOCKET_NONCE_BYTES, socketBindingBytes } from '@murmuration/shared/wire/socket-handshake.ts';
import { WebSocket } from 'ws';

export type PeerAnswer =
  | { readonly type: 'unreachable'; readonly reason: string }
  /** It asks for a proof, and gives its own: this supernode is on its list. */
  | { readonly type: 'lets-in'; readonly id: PeerId }
  | { readonly type: 'does-not-list'; readonly id: PeerId };

/** What a supernode is heard to say at most before it is clear whether it lets this one in. */
const MESSAGES_MAX = 16;

export async function greetPeer(url: string, crypto: Crypto, withinMs: number): Promise<PeerAnswer> {
  const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: withinMs });
  const unreachable = (reason: string): PeerAnswer => ({ type: 'unreachable', reason });
  const timer = setTimeout(() => socket.close(), withinMs);
  const failed = once(socket, 'error').then(([error]) => unreachable((error as Error).message));
  const ended = once(socket, 'close').then(() => unreachable('it says nothing, or closes'));
  for (const each of [failed, ended]) each.catch(() => undefined);
  try {
    return await Promise.race([converse(socket, crypto), failed, ended]);
  } catch (error) {
    return unreachable((error as Error).message);
  } finally {
    clearTimeout(timer);
    socket.on('error', () => undefined);
    socket.close();
  }
}

async function converse(socket: WebSocket, crypto: Crypto): Promise<PeerAnswer> {
  const packets = listen(socket);
  await once(socket, 'open');
  const nonce = globalThis.crypto.getRandomValues(new Uint8Array(SOCKET_NONCE_BYTES));
  socket.send(nonce);
  const theirs = await packets();
  const binding = await crypto.sha256(socketBindingBytes(theirs, nonce));
  const body = {
    version: PROTOCOL_VERSION,
    role: Role.supernode,
    stream: undefined,
    publicKey: crypto.publicKey,
  };
  const signature = await crypto.sign(helloSigningBytes(body, binding));
  socket.send(encodeMessage({ type: MessageType.hello, ...body, signature }));
  let id: PeerId | undefined;
  for (let heard = 0; heard < MESSAGES_MAX; heard++) {
    const { ok, ...decoded } = decodeMessage(await packets());
    if (!ok || !('value' in decoded)) throw new Error('it speaks another protocol');
    const { value } = decoded;
    if (value.type === MessageType.hello) id = await idOf(value, binding, crypto);
    else if (id === undefined) continue;
    else if (value.type === MessageType.trunkProof) return { type: 'lets-in', id };
    else if (value.type === MessageType.goodbye && value.reason === GoodbyeReason.notListed)
      return { type: 'does-not-list', id };
  }
  throw new Error('it does not say whether it lets this supernode in');
}

async function idOf(hello: Hello, binding: Uint8Array, crypto: Crypto): Promise<PeerId> {
  const genuine = await crypto.verify(hello.publicKey, hello.signature, helloSigningBytes(hello, binding));
  if (!genuine) throw new Error('what it says of itself is not signed');
  return peerIdFromBytes(await crypto.sha256(hello.publicKey));
}

/** Packets of a socket, one at a time. */
function listen(socket: WebSocket): () => Promise<Uint8Array> {
  const waiting: Uint8Array[] = [];
  let wake: (() => void) | undefined;
  socket.on('message', (data: Buffer) => {
    if (waiting.length < MESSAGES_MAX) waiting.push(new Uint8Array(data));
    wake?.();
  });
  return async () => {
    for (;;) {
      const next = waiting.shift();
      if (next) return next;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
}
