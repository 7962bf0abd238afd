/** Puts a supernode together: page, identity, transport, machine, HTTP and metrics; starts it, reloads it, stops it in order. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { SupernodeDriver } from '@murmuration/shared/node/supernode-driver.ts';
import type { SupernodeEvent } from '@murmuration/shared/node/supernode-settings.ts';
import { limits as protocolLimits } from '@murmuration/shared/wire/limits.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import manifest from '../package.json' with { type: 'json' };
import { TrustedProxies } from './client-address.ts';
import { CommandLineError, pageUrl } from './command-line.ts';
import { drain } from './drain.ts';
import { EventLog } from './event-log.ts';
import { createHttpServer } from './http-server.ts';
import type { Log } from './log.ts';
import { createMetrics, createMetricsServer, redirectHistogram } from './metrics.ts';
import { readToken } from './monitor/access.ts';
import { HistoryFile } from './monitor/history-file.ts';
import { Monitor } from './monitor/monitor.ts';
import { NodeClock } from './node-clock.ts';
import { NodeRandom } from './node-random.ts';
import { PageError, type PageFiles, readPageFiles } from './page-files.ts';
import type { SelfSigned } from './self-signed-certificate.ts';
import { localNames, selfSignedPair, selfSignedWords } from './self-signed-tls.ts';
import { loadIdentity } from './settings/identity.ts';
import {
  feedSocketLimitsOf,
  httpLimitsOf,
  listedSupernodes,
  nodeSettingsOf,
  socketLimitsOf,
} from './settings/limits-of.ts';
import { defaultSettings, type Settings } from './settings/options.ts';
import { SocketTransport } from './socket-transport.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';
import { iceServersFor, readSecret } from './turn-credentials.ts';

export const VERSION = manifest.version;

export interface RunningSupernode {
  readonly url: string;
  readonly port: number;
  /** What people have to know to open it from elsewhere, in lines; often nothing. */
  readonly hints: readonly string[];
  /** Where metrics are; undefined without them. */
  readonly metricsUrl: string | undefined;
  /** Sends the clients away, says goodbye to all peers and closes. */
  stop(): Promise<void>;
  /**
   * Reads certificate, key, the secret for TURN and the token again, and links with the supernodes that the settings list now: of them
   * nothing else counts. Throws `TlsError`, `SecretError`, `MonitorError` or {@link StartError}, and goes on with the old ones.
   */
  reload(now: Settings): void;
}

/** Why a supernode does not start. `message` says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Resolves when it listens. Throws {@link StartError}, `CommandLineError`, `IdentityError`, `TlsError`, `SecretError`, `MonitorError` or `PageError`. */
export async function startSupernode(settings: Settings, log: Log): Promise<RunningSupernode> {
  const page = await loadPage(settings, log);
  const { crypto, id } = await loadIdentity(settings);
  let listed = othersListed(settings, id);
  const selfSigned = settings.tlsSelfSigned ? selfSignedOf(settings) : undefined;
  let tls = selfSigned ?? tlsOf(settings);
  let secret = secretOf(settings);
  let monitorToken = monitorTokenOf(settings);
  let ready = false;
  const eventLog = new EventLog(log);
  const proxies = new TrustedProxies(settings.trustProxy);
  const redirects = redirectHistogram();
  const transport = new SocketTransport({
    limits: socketLimitsOf(settings),
    origins: settings.origin,
    proxies,
    dialFailed: (url, reason) => eventLog.dialFailed(url, reason),
    redirected: (tookMs) => redirects.observe(tookMs / 1_000),
  });
  const ports = { transport, clock: new NodeClock(), random: new NodeRandom(), crypto };
  const { iceServer, turnCredentialSeconds } = settings;
  const driver = new SupernodeDriver(ports, {
    ...nodeSettingsOf(settings),
    iceServersFor:
      iceServer.length === 0
        ? undefined
        : (peer, now) => iceServersFor(iceServer, secret, turnCredentialSeconds, peer, now),
  });
  const monitor =
    settings.monitor === 'off'
      ? undefined
      : new Monitor({
          limits: feedSocketLimitsOf(settings),
          origins: settings.origin,
          proxies,
          token: () => monitorToken,
          view: () => driver.view(),
          now: () => ports.clock.now(),
          file: settings.monitorHistory === undefined ? undefined : new HistoryFile(settings.monitorHistory),
          log,
        });
  const startedAtMs = performance.now();
  const answers: Record<string, number> = {};
  const server = createHttpServer({
    page,
    ready: () => ready,
    health: () => ({
      status: 'ok',
      version: VERSION,
      id,
      connections: transport.connections,
      supernodes: driver.snapshot()?.supernodes ?? 0,
      streams: driver.snapshot()?.streams ?? 0,
      monitor: settings.monitor,
      uptimeSeconds: Math.floor((performance.now() - startedAtMs) / 1_000),
    }),
    monitor: monitor !== undefined,
    upgrade: (request, socket, head) => {
      const taker = monitor !== undefined && Monitor.wants(request) ? monitor : transport;
      taker.handleUpgrade(request, socket, head);
    },
    webSocketsMax: settings.maxConnections + (monitor === undefined ? 0 : settings.maxMonitors),
    limits: httpLimitsOf(settings),
    tls,
    proxies,
    answered: (status) => {
      answers[status] = (answers[status] ?? 0) + 1;
    },
  });
  const metrics = createMetrics({
    version: VERSION,
    sockets: () => transport.snapshot(),
    node: () => driver.snapshot(),
    ready: () => ready,
    monitors: () => monitor?.readers ?? 0,
    answers: () => answers,
    redirects,
  });
  const metricsServer = createMetricsServer(metrics);

  await driver.start((event) => {
    const link = supernodeLinkOf(event);
    if (link !== undefined) transport.raiseLimits(link);
    eventLog.event(event);
  });
  const close = async (): Promise<void> => {
    driver.stop();
    monitor?.stop();
    await transport.stop();
    for (const each of [server, metricsServer]) {
      each.close();
      each.closeAllConnections();
    }
  };
  try {
    await listen(server, settings.port, settings.host);
    if (settings.metricsPort !== 0) await listen(metricsServer, settings.metricsPort, settings.metricsHost);
  } catch (error) {
    await close();
    throw error;
  }
  void monitor?.start();
  ready = true;
  const { port } = server.address() as AddressInfo;
  return {
    url: pageUrl(settings.host, port, tls !== undefined),
    hints: selfSigned ? selfSignedWords(selfSigned, localNames(), port, settings.dataDir !== undefined) : [],
    port,
    metricsUrl:
      settings.metricsPort === 0
        ? undefined
        : `${pageUrl(settings.metricsHost, settings.metricsPort)}/metrics`,
    stop: async () => {
      ready = false;
      transport.refuseNewcomers();
      const draining = {
        clients: () => transport.clients,
        sendAway: driver.sendAway.bind(driver),
        shed: driver.shed.bind(driver),
      };
      const dialed = listed.flatMap(({ url }) => url ?? []);
      const alternates = settings.alternate.length > 0 ? settings.alternate : dialed;
      await drain(draining, alternates.slice(0, protocolLimits.alternateUrlsMax), settings.drainMs);
      await close();
    },
    reload: (now) => {
      const listedNow = othersListed(now, id);
      if (!selfSigned) tls = tlsOf(settings);
      if (tls !== undefined) (server as TlsServer).setSecureContext(tls);
      secret = secretOf(settings);
      monitorToken = monitorTokenOf(settings);
      listed = listedNow;
      driver.list(listed);
    },
  };
}

function othersListed(settings: Settings, self: PeerId): ReturnType<typeof listedSupernodes> {
  const listed = listedSupernodes(settings);
  if (listed.every(({ id }) => id !== self)) return listed;
  throw new StartError(`--peer or --peer-id names ${self}: that is this supernode itself. Leave it out.`);
}

const selfSignedOf = ({ dataDir }: Settings): SelfSigned => selfSignedPair(dataDir, localNames(), Date.now());

function tlsOf({ tlsCert, tlsKey }: Settings): TlsFiles | undefined {
  return tlsCert === undefined || tlsKey === undefined ? undefined : readTlsFiles(tlsCert, tlsKey);
}

const secretOf = ({ turnSecretFile }: Settings): string | undefined =>
  turnSecretFile === undefined ? undefined : readSecret(turnSecretFile);

const monitorTokenOf = ({ monitorTokenFile }: Settings): string | undefined =>
  monitorTokenFile === undefined ? undefined : readToken(monitorTokenFile);

async function loadPage(settings: Settings, log: Log): Promise<PageFiles | undefined> {
  const { webRoot } = settings;
  try {
    return await readPageFiles(webRoot);
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    const named = webRoot !== defaultSettings.webRoot;
    if (named) throw new CommandLineError(`--web-root: ${error.message}`, { cause: error });
    if (error.reason !== 'not-built') throw error;
    log.warn('page-missing', `${error.message} Build it with “npm start”; until then only peers are served.`);
    return undefined;
  }
}

async function listen(server: Server | TlsServer, port: number, host: string | undefined): Promise<void> {
  try {
    server.listen({ port, ...(host === undefined ? {} : { host }) });
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, port, host);
  }
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string | undefined): StartError {
  const cause = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        `Port ${port} is taken by another program. Stop that one, or choose another port: PORT=${port < 65_535 ? port + 1 : 8080} npm start`,
        cause,
      );
    case 'EACCES':
      return new StartError(
        `Port ${port} needs more rights than this program has. Choose one from 1024 on.`,
        cause,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(
        `“${host}” is no address of this machine. Leave out --host (or HOST) for all.`,
        cause,
      );
    default:
      return new StartError(`Cannot listen on port ${port}: ${error.message}`, cause);
  }
}

/** The link, if the event is that one to another supernode is open. */
function supernodeLinkOf(event: SupernodeEvent): LinkId | undefined {
  return event.type === 'link-open' && event.role === Role.supernode ? event.link : undefined;
}
