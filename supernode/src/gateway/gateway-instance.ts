/** What runs behind an InstanceID: a supernode, a host or a member of a stream, each with an identity of its own, which a host may keep. */
import { parseStreamId, type StreamId } from '@murmuration/shared/lib/ids.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { createLog } from '../log.ts';
import { HostPeer } from '../peer/host-peer.ts';
import { PeerError } from '../peer/peer-error.ts';
import { ViewerPeer } from '../peer/viewer-peer.ts';
import { defaultSettings } from '../settings/options.ts';
import { startSupernode } from '../supernode-program.ts';
import { openFeedPort, openReadPort } from './data-port.ts';
import { emptyAnswer, type GatewayAnswer } from './gateway-answer.ts';
import type { HostRequest, HostSuperRequest, JoinRequest } from './gateway-requests.ts';
import { Inbox } from './inbox.ts';
import { keyFileIn } from './key-folder.ts';

export interface GatewayInstance {
  /** What the answer says of it, but for its InstanceID. */
  readonly answer: Omit<GatewayAnswer, 'InstanceID'>;
  /** Host: feeds a message. */
  readonly feed?: Feed;
  /** Member: messages that wait for the application. */
  readonly reading?: Reading;
  stop(): Promise<void>;
}

export interface Feed {
  readonly messageBytesMax: number;
  /** False: it is longer than the stream's messages may be, or far too much waits already; it is not fed. */
  take(message: Uint8Array): boolean;
  /** Bytes that wait to go out. */
  waitingBytes(): number;
}

export interface Reading {
  readonly inbox: Inbox;
  /** A reader takes over from the one before it, or from the UDP port; null gives it back. */
  setReader(reader: (() => void) | null): void;
}

export interface InstanceOptions {
  /** Where peers are linked and supernodes listen; undefined: everywhere. */
  readonly bindAddress: string | undefined;
  /** Where keys are kept. */
  readonly keyFolder: string;
  /** An instance ended by itself. */
  readonly ended: (words: string) => void;
}

/** Rejects with the errors of the supernode if it does not start. */
export async function startSuper(
  { port, trackers }: HostSuperRequest,
  { bindAddress }: InstanceOptions,
): Promise<GatewayInstance> {
  const log = createLog({ format: 'json', level: 'error' }, (line) => process.stderr.write(`${line}\n`));
  const settings = {
    ...defaultSettings,
    port,
    host: bindAddress,
    peer: [...trackers],
    metricsPort: 0,
    drainMs: 0,
  };
  const supernode = await startSupernode(settings, log);
  return {
    answer: { ...emptyAnswer, Success: true, TCPServerPort: supernode.port },
    stop: () => supernode.stop(),
  };
}

/** Rejects with PeerError, StreamKeyError or WebRtcLibraryError. */
export async function startHost(request: HostRequest, options: InstanceOptions): Promise<GatewayInstance> {
  const { trackers, maxResourceSize, key } = request;
  if (maxResourceSize > limits.messageBytesMax) {
    throw new PeerError('bad-options', `A message has at most ${limits.messageBytesMax} bytes.`);
  }
  const host = await HostPeer.open({
    supernodes: trackers,
    title: '',
    keyFile: key === undefined ? undefined : await keyFileIn(options.keyFolder, key),
    // Nothing is known of what will come; it only shows in the viewers' figures.
    bitsPerSecond: 0,
    messageBytesMax: maxResourceSize,
    bindAddress: options.bindAddress,
    onEnd: ({ message }) => options.ended(message),
  });
  const feed: Feed = {
    messageBytesMax: maxResourceSize,
    take: (message) => message.length <= maxResourceSize && host.publish(message),
    waitingBytes: () => host.waitingBytes,
  };
  const port = await openFeedPort((message) => feed.take(message));
  return {
    answer: answerOf(port.port, host.stream, maxResourceSize),
    feed,
    stop: async () => {
      port.close();
      await host.stop();
    },
  };
}

/** @param signal ends the search. Rejects with PeerError or WebRtcLibraryError. */
export async function startMember(
  request: JoinRequest,
  options: InstanceOptions,
  signal: AbortSignal,
): Promise<GatewayInstance> {
  const stream = parseStreamId(request.resourceId);
  if (stream === undefined) throw new PeerError('no-stream');
  const inbox = new Inbox();
  const viewer = await ViewerPeer.open(
    {
      stream,
      supernodes: request.trackers,
      delivery: 'data',
      bindAddress: options.bindAddress,
      onMessage: (message) => inbox.put(message),
      onGap: () => inbox.gap(),
    },
    signal,
  );
  let reader: (() => void) | null = null;
  const port = await openReadPort(
    inbox,
    () => reader === null,
    () => {
      inbox.dropped++;
    },
  );
  inbox.onItem = () => (reader ?? port.serve)();
  return {
    answer: answerOf(port.port, stream, viewer.beacon.messageBytesMax),
    reading: {
      inbox,
      setReader: (next) => {
        reader = next;
        inbox.onItem();
      },
    },
    stop: async () => {
      port.close();
      await viewer.stop();
    },
  };
}

const answerOf = (port: number, stream: StreamId, maxResourceSize: number): GatewayInstance['answer'] => ({
  ...emptyAnswer,
  Success: true,
  UDPServerPort: port,
  ResourceID: stream,
  MaxResourceSize: maxResourceSize,
});
