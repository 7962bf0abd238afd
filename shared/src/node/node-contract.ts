/**
 * What goes into a node machine (peer or supernode) and what comes out. The driver turns transport events and checked packets
 * into inputs and performs the outputs; a node machine never sees a promise, a socket or a key.
 */

import type { CheckedLinkLists } from '../graph/graph-contract.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import type { AuthenticFrame } from '../relay/relay-contract.ts';
import type { UploadOffer } from '../relay/upload-offer.ts';
import type { Beacon } from '../wire/beacon.ts';
import type { WireMessage } from '../wire/codec.ts';
import type { FramePacket } from '../wire/frame.ts';
import type { LinkLists } from '../wire/graph-messages.ts';
import type { LinkList, LinkListBody } from '../wire/link-list.ts';
import type { GoodbyeReason, Hello } from '../wire/link-messages.ts';
import type { MembershipRecord, RecordBody } from '../wire/membership-record.ts';
import type { SignalHead } from '../wire/signal-head.ts';
import type { Offence } from './events.ts';
import type { CheckedHello } from './links.ts';
import type { Address } from './ports.ts';
import type { LiveStream } from './settings.ts';
import type { ListedSupernode } from './supernode-settings.ts';

/** A packet that has passed the gate: well-formed, and authentic as far as it is signed. */
export type CheckedPacket =
  | { readonly type: 'hello'; readonly hello: CheckedHello }
  | { readonly type: 'frame'; readonly frame: AuthenticFrame }
  | { readonly type: 'beacon'; readonly beacon: Beacon; readonly host: PeerId }
  /** A signal at a supernode: well-formed, its signature left to who receives it (PROTOCOL.md R43). */
  | { readonly type: 'passing-signal'; readonly signal: SignalHead; readonly bytes: Uint8Array }
  | {
      readonly type: 'message';
      readonly message: Exclude<WireMessage, Hello | FramePacket | Beacon | LinkLists> | CheckedLinkLists;
    };

/** A signal of this node's own before it is signed; `route` as in {@link Signal}. */
export interface UnsignedSignal {
  readonly to: PeerId;
  readonly session: number;
  readonly payload: Uint8Array;
  readonly route: readonly PeerId[];
}

export type NodeInput =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  /** Answered synchronously by `incomingLink`; named here so that traces are complete. */
  | { readonly type: 'opened'; readonly link: LinkId }
  | { readonly type: 'signal-out'; readonly link: LinkId; readonly payload: Uint8Array }
  | { readonly type: 'closed'; readonly link: LinkId; readonly reason: string }
  | { readonly type: 'packet'; readonly link: LinkId; readonly packet: CheckedPacket }
  | { readonly type: 'offence'; readonly link: LinkId; readonly offence: Offence; readonly from?: PeerId }
  | { readonly type: 'record-signed'; readonly record: MembershipRecord }
  | { readonly type: 'links-signed'; readonly list: LinkList }
  | { readonly type: 'beacon-signed'; readonly beacon: Beacon }
  | { readonly type: 'go-live'; readonly live: LiveStream }
  | { readonly type: 'own-frame'; readonly frame: AuthenticFrame }
  /** The oldest frame that was pushed on a link and is still here has waited for so long, ms. */
  | { readonly type: 'backlog'; readonly link: LinkId; readonly waitedMs: number }
  | ({ readonly type: 'set-offer' } & UploadOffer)
  /** Host only: the stream has another bitrate from now on, bits per second. */
  | { readonly type: 'set-bitrate'; readonly bitsPerSecond: number }
  | { readonly type: 'set-confirm-within'; readonly confirmWithinMs: number }
  /** A signal was not sent: the far end does not read fast enough. */
  | { readonly type: 'undelivered'; readonly signal: SignalHead }
  /** Supernode: what `sign-proof` asked for. */
  | { readonly type: 'proof-signed'; readonly link: LinkId; readonly signature: Uint8Array }
  /** Supernode: link with these others from now on, and with nobody else. */
  | { readonly type: 'list-supernodes'; readonly listed: readonly ListedSupernode[] }
  /** Supernode: tell the clients where else to go, and by when. */
  | { readonly type: 'send-away'; readonly withinMs: number; readonly alternates: readonly string[] }
  /** Supernode: say goodbye to so many clients. */
  | { readonly type: 'shed'; readonly links: number }
  | { readonly type: 'tick' };

export type NodeOutput<Event> =
  | { readonly type: 'dial'; readonly link: LinkId; readonly address: Address }
  | { readonly type: 'accept'; readonly link: LinkId; readonly remote: PeerId; readonly payload: Uint8Array }
  | { readonly type: 'signal'; readonly link: LinkId; readonly payload: Uint8Array }
  /** Say goodbye, if the link got that far, and close. */
  | { readonly type: 'close'; readonly link: LinkId; readonly reason: GoodbyeReason }
  /** Sign and send a hello; nothing else goes out on the link before it. */
  | { readonly type: 'greet'; readonly link: LinkId }
  | { readonly type: 'send'; readonly link: LinkId; readonly message: WireMessage }
  /** Send a signal as it came in. */
  | { readonly type: 'pass'; readonly link: LinkId; readonly signal: SignalHead; readonly bytes: Uint8Array }
  /** Sign a signal and send it. */
  | { readonly type: 'send-signal'; readonly link: LinkId; readonly signal: UnsignedSignal }
  /** Sign a trunk proof for who said hello on a link; it goes out when it has come back as `proof-signed`. */
  | { readonly type: 'sign-proof'; readonly link: LinkId }
  /** On the `frames` channel. */
  | { readonly type: 'push'; readonly link: LinkId; readonly packet: Uint8Array }
  | { readonly type: 'sign-record'; readonly body: RecordBody }
  | { readonly type: 'sign-links'; readonly body: LinkListBody }
  | { readonly type: 'sign-beacon'; readonly body: Omit<Beacon, 'signature' | 'type'> }
  | { readonly type: 'event'; readonly event: Event };
