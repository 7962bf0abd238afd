/**
 * Every setting of the supernode: name, unit, default and what it does, in one place. Names are those of the flags in camel case;
 * units come last in names. What more or less of a limit does is in OPERATING.md.
 */
import { fileURLToPath } from 'node:url';
import { defaultSupernodeSettings } from '@murmuration/shared/node/supernode-settings.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { defaultHttpLimits } from '../http-limits.ts';
import { defaultFeedSocketLimits } from '../monitor/feed-sockets.ts';
import { defaultSocketLimits } from '../socket-limits.ts';
import { Group, listOf, type Option, oneOf, onOff, text, wholeNumber } from './option.ts';
import { iceServerOf, originOf, peerOf, proxyOf, supernodeIdOf, supernodeUrlOf } from './values.ts';

/** Every link between supernodes carries the news of the whole graph. */
const PEERS_MAX = 32;
const COUNT_MAX = 1_000_000;
const MS_MAX = 3_600_000;
const BYTES_MAX = 1024 ** 3;

/** A limit that counts something. */
const count = (group: Group, fallback: number, summary: string, most = COUNT_MAX): Option<number> =>
  wholeNumber({ group, summary, fallback, least: 1, most });
const milliseconds = (group: Group, fallback: number, summary: string, most = MS_MAX): Option<number> =>
  wholeNumber({ group, summary, fallback, least: 10, most });
const bytes = (group: Group, fallback: number, summary: string, most = BYTES_MAX): Option<number> =>
  wholeNumber({ group, summary, fallback, least: 1_024, most });

const { listening, network, operating, connections, sockets, members, http } = Group;
const ofSocket = defaultSocketLimits;
const ofSupernode = defaultSocketLimits.supernodeRates;
const ofMember = defaultSupernodeSettings;

export const options = {
  port: wholeNumber({
    group: listening,
    summary: 'where to listen; 0 picks a free one',
    variable: 'PORT',
    fallback: 8_080,
    least: 0,
    most: 65_535,
  }),
  host: text({
    group: listening,
    takes: '<address>',
    summary: 'one interface only; otherwise all, IPv4 and IPv6',
    variable: 'HOST',
    fallback: undefined,
  }),
  tlsCert: text({
    group: listening,
    takes: '<file>',
    summary: 'certificate chain (PEM): then it speaks HTTPS itself; read again on SIGHUP',
    fallback: undefined,
  }),
  tlsKey: text({ group: listening, takes: '<file>', summary: 'its key (PEM)', fallback: undefined }),
  tlsSelfSigned: onOff({
    group: listening,
    summary: 'for a local network: HTTPS with a certificate that it makes itself, kept in --data-dir',
    fallback: false,
  }),
  webRoot: text({
    group: listening,
    takes: '<folder>',
    summary: 'the built page',
    fallback: fileURLToPath(new URL('../../../web/dist', import.meta.url)),
  }),
  origin: listOf({
    group: listening,
    takes: '<origin>',
    summary: 'only pages from here may connect; any, if none is given',
    fallback: [],
    most: 64,
    item: originOf,
  }),
  trustProxy: listOf({
    group: listening,
    takes: '<address>',
    summary: 'a reverse proxy whose X-Forwarded-For is believed: address, network, “loopback” or “private”',
    fallback: [],
    most: 64,
    item: proxyOf,
  }),

  peer: listOf({
    group: network,
    takes: '<url#id>',
    summary: `another supernode to link with, such as https://other.example#<its id>; up to ${PEERS_MAX}; in a file, read again on SIGHUP`,
    variable: 'MURMURATION_PEERS',
    fallback: [],
    most: PEERS_MAX,
    item: peerOf,
  }),
  peerId: listOf({
    group: network,
    takes: '<id>',
    summary: `a supernode that may link with this one, without being dialed; up to ${PEERS_MAX}; in a file, read again on SIGHUP`,
    variable: 'MURMURATION_PEER_IDS',
    fallback: [],
    most: PEERS_MAX,
    item: supernodeIdOf,
  }),
  alternate: listOf({
    group: network,
    takes: '<url>',
    summary: 'a supernode that clients are sent to when this one stops; the peers, if none is given',
    fallback: [],
    most: limits.alternateUrlsMax,
    item: supernodeUrlOf,
  }),
  dataDir: text({
    group: network,
    takes: '<folder>',
    summary: 'what has to survive a restart is kept there (made if missing): the key that makes the id',
    fallback: undefined,
  }),
  identity: text({
    group: network,
    takes: '<file>',
    summary: 'keep the key there instead; without either it is a new one each time',
    fallback: undefined,
  }),
  iceServer: listOf({
    group: network,
    takes: '<url>',
    summary: 'a STUN or TURN server that clients are told of',
    fallback: [],
    most: limits.iceServersMax,
    item: iceServerOf,
  }),
  turnSecretFile: text({
    group: network,
    takes: '<file>',
    summary: 'secret shared with the TURN servers (coturn: static-auth-secret); read again on SIGHUP',
    fallback: undefined,
  }),
  turnCredentialSeconds: wholeNumber({
    group: network,
    summary: 'how long a client may use a TURN credential',
    fallback: 3_600,
    least: 60,
    most: 86_400,
  }),

  log: oneOf({
    group: operating,
    summary: 'for people, or one JSON object a line; auto: text on a terminal',
    choices: ['auto', 'text', 'json'],
    fallback: 'auto',
  }),
  logLevel: oneOf({
    group: operating,
    summary: 'the least that is worth a line',
    choices: ['debug', 'info', 'warn', 'error'],
    fallback: 'info',
  }),
  metricsPort: wholeNumber({
    group: operating,
    summary: 'Prometheus metrics at /metrics on a port of their own; 0: none',
    fallback: 0,
    least: 0,
    most: 65_535,
  }),
  metricsHost: text({
    group: operating,
    takes: '<address>',
    summary: 'where that port listens',
    fallback: '127.0.0.1',
  }),
  monitor: oneOf({
    group: operating,
    summary: 'who may see the network at /monitor: anybody, whoever has the token, nobody',
    choices: ['public', 'token', 'off'],
    fallback: 'public',
  }),
  monitorTokenFile: text({
    group: operating,
    takes: '<file>',
    summary: 'the token for --monitor token; read again on SIGHUP',
    fallback: undefined,
  }),
  monitorHistory: text({
    group: operating,
    takes: '<file>',
    summary:
      'keep the statistics of the monitor there (made if missing); otherwise they end with the program',
    fallback: undefined,
  }),
  drainMs: milliseconds(
    operating,
    12_000,
    'how long clients have to move to an alternate after SIGTERM',
    18_000,
  ),

  maxConnections: count(connections, ofSocket.connectionsMax, 'WebSockets at once; more: 503'),
  maxPerAddress: count(
    connections,
    ofSocket.connectionsPerAddressMax,
    'of these, from one address (IPv6: one /64); more: 429',
  ),
  upgradesPerSecond: count(connections, ofSocket.upgradesPerSecond, 'new WebSockets of all; more: 503'),
  upgradesBurst: count(connections, ofSocket.upgradesBurst, 'new WebSockets at once'),
  maxSupernodes: count(
    connections,
    ofSocket.supernodeLinksMax,
    'supernodes that dialed and have their rates',
  ),
  maxMonitors: count(
    connections,
    defaultFeedSocketLimits.readersMax,
    'pages that show the monitor at once; more: 503',
    10_000,
  ),
  maxPageSockets: count(connections, defaultHttpLimits.pageSocketsMax, 'TCP connections besides WebSockets'),
  maxSocketsPerAddress: count(
    connections,
    defaultHttpLimits.socketsPerAddressMax,
    'TCP connections from one address, proxies excepted; more are cut',
  ),

  firstMessageMs: milliseconds(
    sockets,
    ofSocket.firstMessageWithinMs,
    'for the first message, and then for the hello; later: 4001 or 4005',
  ),
  messageBytes: bytes(sockets, ofSocket.messageBytesMax, 'one message; more: 1009', limits.packetBytesMax),
  maxFragments: count(sockets, ofSocket.fragmentsMax, 'parts of one message; more: 1008', 1_024),
  packetsPerSecond: count(sockets, ofSocket.packetsPerSecond, 'from a client; more: 4003'),
  packetsBurst: count(sockets, ofSocket.packetsBurst, 'from a client at once'),
  bytesPerSecond: bytes(sockets, ofSocket.bytesPerSecond, 'from a client; more: 4004'),
  bytesBurst: bytes(sockets, ofSocket.bytesBurst, 'from a client at once'),
  supernodePacketsPerSecond: count(sockets, ofSupernode.packetsPerSecond, 'from a supernode'),
  supernodePacketsBurst: count(sockets, ofSupernode.packetsBurst, 'from a supernode at once'),
  supernodeBytesPerSecond: bytes(sockets, ofSupernode.bytesPerSecond, 'from a supernode'),
  supernodeBytesBurst: bytes(sockets, ofSupernode.bytesBurst, 'from a supernode at once'),
  maxBufferedBytes: bytes(
    sockets,
    ofSocket.bufferedBytesMax,
    'waiting for one slow receiver; packets beyond are dropped, signals answered with “slow receiver”',
    // Beyond that the core ends the link.
    960 * 1024,
  ),
  maxBacklogBytes: bytes(
    sockets,
    ofSocket.backlogBytesMax,
    'waiting or dropped since it caught up last; then it is cut',
  ),
  maxBufferedTotalBytes: bytes(
    sockets,
    ofSocket.bufferedTotalBytesMax,
    'waiting for all slow receivers together',
  ),
  pingMs: milliseconds(
    sockets,
    ofSocket.pingEveryMs,
    'silence for so long, ping included, ends a connection',
  ),
  closeMs: milliseconds(sockets, ofSocket.closeWithinMs, 'for the closing handshake', 5_000),
  dialMs: milliseconds(sockets, ofSocket.dialWithinMs, 'for dialing another supernode'),

  joinsPerMinute: count(
    members,
    ofMember.joinsPerMinute,
    'links that one identity opens; more: goodbye “too fast”',
  ),
  joinsBurst: count(members, ofMember.joinsBurst, 'links that one identity opens at once'),
  signalsPerSecond: count(members, ofMember.signalsPerSecond, 'signals to others; more: “too fast”'),
  signalsBurst: count(members, ofMember.signalsBurst, 'signals to others at once'),
  pairSignalsPerSecond: count(
    members,
    ofMember.pairSignalsPerSecond,
    'signals to one other; more: “too fast”',
  ),
  pairSignalsBurst: count(members, ofMember.pairSignalsBurst, 'signals to one other at once'),
  fanOutPerMinute: count(members, ofMember.fanOutPerMinute, 'others that it signals first; more: “too fast”'),
  fanOutBurst: count(members, ofMember.fanOutBurst, 'others that it signals first, at once'),
  redirectsPerSecond: count(members, ofMember.redirectsPerSecond, 'redirect requests; more are ignored'),
  redirectsBurst: count(members, ofMember.redirectsBurst, 'redirect requests at once'),

  headerBytes: bytes(http, defaultHttpLimits.headerBytesMax, 'all headers of a request; more: 431', 65_536),
  headersMs: milliseconds(http, defaultHttpLimits.headersWithinMs, 'for sending the headers; later: 408'),
  requestMs: milliseconds(http, defaultHttpLimits.requestWithinMs, 'for sending a whole request; later: 408'),
  idleMs: milliseconds(http, defaultHttpLimits.idleMs, 'silence within a request or an answer'),
  keepAliveMs: milliseconds(http, defaultHttpLimits.keepAliveMs, 'silence between requests'),
  requestsPerSocket: count(http, defaultHttpLimits.requestsPerSocketMax, 'requests over one TCP connection'),
} as const;

export type OptionName = keyof typeof options;
export type Settings = {
  readonly [Name in OptionName]: (typeof options)[Name] extends Option<infer T> ? T : never;
};

export const optionNames = Object.keys(options) as OptionName[];

/** `maxPerAddress` → `max-per-address`: its flag, and its key in a file. */
export const flagOf = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export function variableOf(name: OptionName): string {
  const option: Option<unknown> = options[name];
  return option.variable ?? `MURMURATION_${flagOf(name).toUpperCase().replaceAll('-', '_')}`;
}

export const defaultSettings = Object.fromEntries(
  optionNames.map((name) => [name, options[name].fallback]),
) as unknown as Settings;
