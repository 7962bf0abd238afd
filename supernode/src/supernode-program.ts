/** Puts a supernode together: page, identity, transport, machine, HTTP server; starts it and stops it in order. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { LinkId } from '@murmuration/shared/lib/ids.ts';
import { SupernodeDriver } from '@murmuration/shared/node/supernode-driver.ts';
import type { SupernodeEvent, SupernodeSnapshot } from '@murmuration/shared/node/supernode-settings.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import manifest from '../package.json' with { type: 'json' };
import { CommandLineError, type ProgramSettings, pageUrl } from './command-line.ts';
import { EventLog } from './event-log.ts';
import { createHttpServer } from './http-server.ts';
import type { Log } from './log.ts';
import { NodeClock } from './node-clock.ts';
import { generateNodeIdentity, loadNodeIdentity } from './node-crypto.ts';
import { NodeRandom } from './node-random.ts';
import { PageError, type PageFiles, readPageFiles } from './page-files.ts';
import { defaultSocketLimits } from './socket-limits.ts';
import { SocketTransport } from './socket-transport.ts';

/** TCP connections besides WebSockets: people who are loading the page. */
const PAGE_SOCKETS = 512;

export const VERSION = manifest.version;

export interface RunningSupernode {
  readonly url: string;
  readonly port: number;
  /** Stops listening, says goodbye to all peers and closes; resolves within about a second. */
  stop(): Promise<void>;
}

/** Why a supernode does not start. `message` says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Resolves when it listens. Throws {@link StartError}, `CommandLineError`, `IdentityError` or `PageError`. */
export async function startSupernode(settings: ProgramSettings, log: Log): Promise<RunningSupernode> {
  const page = await loadPage(settings, log);
  const crypto =
    settings.identityFile === undefined
      ? generateNodeIdentity()
      : await loadNodeIdentity(settings.identityFile);
  const { connectionsMax, connectionsPerAddressMax, origins, trustProxy, peers } = settings;
  const limits = { ...defaultSocketLimits, connectionsMax, connectionsPerAddressMax };
  const eventLog = new EventLog(log);
  const dialFailed = (url: string, reason: string): void => eventLog.dialFailed(url, reason);
  const transport = new SocketTransport({ limits, origins, trustProxy, dialFailed });
  const ports = { transport, clock: new NodeClock(), random: new NodeRandom(), crypto };
  const nodeSettings = { linksMax: connectionsMax, peers };
  const driver = new SupernodeDriver(ports, nodeSettings);
  const startedAtMs = performance.now();
  const server = createHttpServer({
    page,
    health: () => ({
      status: 'ok',
      version: VERSION,
      connections: transport.connections,
      supernodes: supernodesOf(driver.snapshot()),
      streams: driver.snapshot()?.streams ?? 0,
      uptimeSeconds: Math.floor((performance.now() - startedAtMs) / 1_000),
    }),
    upgrade: (request, socket, head) => transport.handleUpgrade(request, socket, head),
    socketsMax: connectionsMax + PAGE_SOCKETS,
  });

  await driver.start((event) => {
    const link = supernodeLinkOf(event);
    if (link !== undefined) transport.raiseLimits(link);
    eventLog.event(event);
  });
  const stop = async (): Promise<void> => {
    server.close();
    driver.stop();
    await transport.stop();
    server.closeAllConnections();
  };
  try {
    server.listen({ port: settings.port, ...(settings.host === undefined ? {} : { host: settings.host }) });
    await once(server, 'listening');
  } catch (error) {
    await stop();
    throw listenError(error as NodeJS.ErrnoException, settings);
  }
  const { port } = server.address() as AddressInfo;
  return { url: pageUrl(settings.host, port), port, stop };
}

async function loadPage(settings: ProgramSettings, log: Log): Promise<PageFiles | undefined> {
  try {
    return await readPageFiles(settings.webRoot);
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    if (settings.webRootNamed) throw new CommandLineError(`--web-root: ${error.message}`, { cause: error });
    if (error.reason !== 'not-built') throw error;
    log.warn('page-missing', `${error.message} Build it with “npm start”; until then only peers are served.`);
    return undefined;
  }
}

function listenError(error: NodeJS.ErrnoException, { port, host }: ProgramSettings): StartError {
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
function supernodeLinkOf(event: SupernodeEvent & { readonly link?: LinkId }): LinkId | undefined {
  return event.type === 'link-open' && event.role === Role.supernode ? event.link : undefined;
}

/** Linked supernodes. */
const supernodesOf = (snapshot: (SupernodeSnapshot & { readonly supernodes?: number }) | undefined): number =>
  snapshot?.supernodes ?? 0;
