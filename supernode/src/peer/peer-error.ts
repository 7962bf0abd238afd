/** Why a peer in Node.js does not do what it was asked. */
export type PeerErrorReason =
  | 'no-supernode'
  | 'no-stream'
  | 'beyond-limits'
  | 'bad-options'
  | 'signed-twice'
  | 'stopped';

const messages: Readonly<Record<PeerErrorReason, string>> = {
  'no-supernode':
    'No supernode answered. Check the addresses, and that one of them is running, then try again.',
  'no-stream':
    'The stream was not found: its host is not live, or cannot be reached from here. Check the id with the host, then try again.',
  'beyond-limits':
    'The stream has messages or trees beyond the limits of this version. Update it, or ask the host for smaller ones.',
  'bad-options': 'The options make no sense.',
  'signed-twice':
    'The stream was stopped: two different versions of it were signed with its key. Start it anew.',
  stopped: 'It was stopped before it was ready.',
};

export class PeerError extends Error {
  override readonly name = 'PeerError';
  readonly reason: PeerErrorReason;

  /** @param message replaces the usual words of the reason */
  constructor(reason: PeerErrorReason, message: string = messages[reason]) {
    super(message);
    this.reason = reason;
  }
}
