/** Signals as the gate passes them on; the signature is not looked at behind it. */
import type { PeerId } from '../src/lib/ids.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { type Signal, type SignalFailed, SignalFailure } from '../src/wire/supernode-messages.ts';
import { counting } from './ids.ts';

export function signalOf(from: PeerId, to: PeerId, changes: Partial<Signal> = {}): Signal {
  return {
    type: MessageType.signal,
    to,
    from,
    session: 5,
    payload: counting(0, 3),
    publicKey: counting(0, 32),
    signature: new Uint8Array(64),
    route: [],
    path: [],
    ...changes,
  };
}

/** Word that a signal failed. */
export function failureOf({ to, from, session }: Signal, changes: Partial<SignalFailed> = {}): SignalFailed {
  const reason = SignalFailure.noRoute;
  return { type: MessageType.signalFailed, to, from, session, reason, route: [], ...changes };
}
