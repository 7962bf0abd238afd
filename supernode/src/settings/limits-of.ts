/** The operator's settings, as each part of the supernode knows them. */
import type { PeerId } from '@murmuration/shared/lib/ids.ts';
import type { ListedSupernode, SupernodeSettings } from '@murmuration/shared/node/supernode-settings.ts';
import { defaultHttpLimits, type HttpLimits } from '../http-limits.ts';
import { defaultFeedSocketLimits, type FeedSocketLimits } from '../monitor/feed-sockets.ts';
import { defaultSocketLimits, type SocketLimits } from '../socket-limits.ts';
import type { Settings } from './options.ts';

export const socketLimitsOf = (settings: Settings): SocketLimits => ({
  ...defaultSocketLimits,
  connectionsMax: settings.maxConnections,
  connectionsPerAddressMax: settings.maxPerAddress,
  upgradesPerSecond: settings.upgradesPerSecond,
  upgradesBurst: settings.upgradesBurst,
  supernodeLinksMax: settings.maxSupernodes,
  firstMessageWithinMs: settings.firstMessageMs,
  messageBytesMax: settings.messageBytes,
  fragmentsMax: settings.maxFragments,
  packetsPerSecond: settings.packetsPerSecond,
  packetsBurst: settings.packetsBurst,
  bytesPerSecond: settings.bytesPerSecond,
  bytesBurst: settings.bytesBurst,
  supernodeRates: {
    packetsPerSecond: settings.supernodePacketsPerSecond,
    packetsBurst: settings.supernodePacketsBurst,
    bytesPerSecond: settings.supernodeBytesPerSecond,
    bytesBurst: settings.supernodeBytesBurst,
  },
  bufferedBytesMax: settings.maxBufferedBytes,
  backlogBytesMax: settings.maxBacklogBytes,
  bufferedTotalBytesMax: settings.maxBufferedTotalBytes,
  pingEveryMs: settings.pingMs,
  closeWithinMs: settings.closeMs,
  dialWithinMs: settings.dialMs,
});

export const feedSocketLimitsOf = (settings: Settings): FeedSocketLimits => ({
  ...defaultFeedSocketLimits,
  readersMax: settings.maxMonitors,
  pingEveryMs: settings.pingMs,
  closeWithinMs: settings.closeMs,
});

export const httpLimitsOf = (settings: Settings): HttpLimits => ({
  headerBytesMax: settings.headerBytes,
  headersWithinMs: settings.headersMs,
  requestWithinMs: settings.requestMs,
  // Late by a fifth at most.
  checkEveryMs: Math.min(defaultHttpLimits.checkEveryMs, Math.ceil(settings.headersMs / 5)),
  idleMs: settings.idleMs,
  keepAliveMs: settings.keepAliveMs,
  requestsPerSocketMax: settings.requestsPerSocket,
  pageSocketsMax: settings.maxPageSockets,
  socketsPerAddressMax: settings.maxSocketsPerAddress,
});

/** Supernodes to dial, with their URLs, and those that are only let in. */
export function listedSupernodes({
  peer,
  peerId,
}: Pick<Settings, 'peer' | 'peerId'>): (ListedSupernode & { readonly id: PeerId })[] {
  const dialed = peer.map((text) => {
    const [url, id] = text.split('#') as [string, PeerId];
    return { id, url };
  });
  const known = new Set(dialed.map(({ id }) => id));
  return [...dialed, ...(peerId as readonly PeerId[]).filter((id) => !known.has(id)).map((id) => ({ id }))];
}

export const nodeSettingsOf = (settings: Settings): Partial<SupernodeSettings> => ({
  linksMax: settings.maxConnections,
  listed: listedSupernodes(settings),
  joinsPerMinute: settings.joinsPerMinute,
  joinsBurst: settings.joinsBurst,
  signalsPerSecond: settings.signalsPerSecond,
  signalsBurst: settings.signalsBurst,
  pairSignalsPerSecond: settings.pairSignalsPerSecond,
  pairSignalsBurst: settings.pairSignalsBurst,
  fanOutPerMinute: settings.fanOutPerMinute,
  fanOutBurst: settings.fanOutBurst,
  redirectsPerSecond: settings.redirectsPerSecond,
  redirectsBurst: settings.redirectsBurst,
});
