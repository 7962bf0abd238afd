/** `doctor`: tries what running needs, before it is needed, and says what to do about what is missing. */
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { readToken } from '../monitor/access.ts';
import { checkHistoryFile } from '../monitor/history-file.ts';
import { readPageFiles } from '../page-files.ts';
import { expiryOf, readTlsFiles } from '../tls-files.ts';
import { readSecret } from '../turn-credentials.ts';
import { identityFileOf, loadIdentity } from './identity.ts';
import { listedSupernodes } from './limits-of.ts';
import type { Settings } from './options.ts';
import { greetPeer } from './peer-check.ts';

const NODE_MAJOR_MIN = 24;
/** Files that the process needs besides one for each connection. */
const FILES_BESIDES = 100;
const REACH_WITHIN_MS = 5_000;
const DAY_MS = 24 * 3_600_000;
const EXPIRES_SOON_MS = 14 * DAY_MS;

interface Finding {
  /** `bad`: it will not run, or not as told. `look`: it will, and something may surprise. */
  readonly verdict: 'good' | 'look' | 'bad';
  readonly words: string;
}

const good = (words: string): Finding => ({ verdict: 'good', words });
const look = (words: string): Finding => ({ verdict: 'look', words });
const bad = (words: string): Finding => ({ verdict: 'bad', words });
const MARKS = { good: 'ok  ', look: 'look', bad: 'BAD ' } as const;

/** True if nothing is bad. */
export async function doctor(settings: Settings, say: (line: string) => void): Promise<boolean> {
  let fine = true;
  for await (const { verdict, words } of findings(settings)) {
    say(`${MARKS[verdict]} ${words}`);
    if (verdict === 'bad') fine = false;
  }
  say(fine ? 'It will run.' : 'Something has to be done first.');
  return fine;
}

async function* findings(settings: Settings): AsyncGenerator<Finding> {
  yield nodeVersion();
  yield openFiles(settings);
  yield await page(settings);
  yield await port(settings.port, settings.host, 'visitors');
  if (settings.metricsPort !== 0) yield await port(settings.metricsPort, settings.metricsHost, 'metrics');
  yield secureness(settings);
  const { turnSecretFile } = settings;
  if (turnSecretFile !== undefined) yield tried('Secret for TURN', () => void readSecret(turnSecretFile));
  const { monitorTokenFile, monitorHistory } = settings;
  if (monitorTokenFile !== undefined)
    yield tried('Token of the monitor', () => void readToken(monitorTokenFile));
  if (monitorHistory !== undefined)
    yield tried('History of the monitor', () => void checkHistoryFile(monitorHistory));
  const file = identityFileOf(settings);
  if (file !== undefined) yield await identity(file, settings.dataDir);
  yield* peers(settings, file);
  for (const url of settings.alternate) yield await reachable(url);
}

/** Says hello to each supernode to be dialed, without opening a link: a running one with the same identity is not disturbed. */
async function* peers(settings: Settings, file: string | undefined): AsyncGenerator<Finding> {
  const dialed = listedSupernodes(settings).flatMap(({ id, url }) => (url === undefined ? [] : { id, url }));
  if (dialed.length === 0 || file === undefined) return;
  const exists = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!exists) {
    yield look(
      'The other supernodes cannot be tried before there is an identity: the command “id” makes it.',
    );
    return;
  }
  const own = await loadIdentity(settings).catch((error: Error) => error);
  if (own instanceof Error) {
    yield bad(own.message);
    return;
  }
  for (const { id, url } of dialed) {
    if (id === own.id) {
      yield bad(`--peer ${url} names this supernode itself. Leave it out.`);
      continue;
    }
    const answer = await greetPeer(url, own.crypto, REACH_WITHIN_MS);
    if (answer.type === 'unreachable') yield look(`${url} cannot be reached now: ${answer.reason}`);
    else if (answer.id !== id) yield bad(`At ${url} is the supernode ${answer.id}, not ${id}.`);
    else if (answer.type === 'lets-in')
      yield good(`${url} is the supernode it should be, and lists this one`);
    else
      yield look(
        `${url} does not list this supernode: its operator needs --peer-id ${own.id} (or --peer, with your address).`,
      );
  }
}

function nodeVersion(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  const words = `Node ${process.versions.node}`;
  return major >= NODE_MAJOR_MIN ? good(words) : bad(`${words}: it takes ${NODE_MAJOR_MIN} or later.`);
}

function openFiles({ maxConnections, maxPageSockets }: Settings): Finding {
  const needed = maxConnections + maxPageSockets + FILES_BESIDES;
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = report.userLimits?.open_files?.soft;
  if (typeof soft !== 'number') return good('Open files: without a limit');
  if (soft >= needed) return good(`Open files: ${soft} of ${needed} needed`);
  return bad(
    `Only ${soft} files may be open, and ${needed} connections are allowed: raise it (systemd: LimitNOFILE=${needed}; shell: ulimit -n ${needed}), or lower --max-connections.`,
  );
}

async function page({ webRoot }: Settings): Promise<Finding> {
  try {
    const files = await readPageFiles(webRoot);
    return good(`The page in ${webRoot}: ${files.size} files`);
  } catch (error) {
    return look(`${(error as Error).message} Only peers will be served, no page.`);
  }
}

async function port(number: number, host: string | undefined, whom: string): Promise<Finding> {
  const server = createServer();
  try {
    server.listen({ port: number, ...(host === undefined ? {} : { host }) });
    await once(server, 'listening');
    return good(`Port ${number} for ${whom} is free`);
  } catch (error) {
    return bad(`Port ${number} for ${whom} cannot be used: ${(error as Error).message}`);
  } finally {
    server.close();
  }
}

function secureness({ tlsCert, tlsKey, tlsSelfSigned, trustProxy, host }: Settings): Finding {
  if (tlsSelfSigned) return good('It makes its own certificate; browsers warn once');
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return tried('Certificate and key', () => {
      const leftMs = expiryOf(readTlsFiles(tlsCert, tlsKey)) - Date.now();
      if (leftMs < 0) throw new Error(`The certificate in ${tlsCert} has expired.`);
      if (leftMs >= EXPIRES_SOON_MS) return undefined;
      return `The certificate in ${tlsCert} is good for ${Math.floor(leftMs / DAY_MS)} days only.`;
    });
  }
  if (trustProxy.length > 0) return good(`A reverse proxy at ${trustProxy.join(', ')} does TLS`);
  if (host === '127.0.0.1' || host === '::1' || host === 'localhost')
    return good('Only this machine can connect');
  return look(
    'Plain HTTP: other machines get no camera and no keys. Use --tls-cert and --tls-key, a reverse proxy and --trust-proxy, or in a local network --tls-self-signed.',
  );
}

/** `check` throws if it is bad, and answers with what else there is to know. */
function tried(what: string, check: () => string | undefined): Finding {
  try {
    const words = check();
    return words === undefined ? good(`${what}: usable`) : look(words);
  } catch (error) {
    return bad((error as Error).message);
  }
}

async function identity(file: string, dataDir: string | undefined): Promise<Finding> {
  try {
    await access(file, constants.R_OK);
    return good(`Identity in ${file}`);
  } catch {
    // A data folder is made when it is needed.
    const folder = dirname(dataDir === undefined ? file : resolve(dataDir));
    const writable = await access(folder, constants.W_OK).then(
      () => true,
      () => false,
    );
    return writable
      ? good(`Identity: will be made in ${file}`)
      : bad(`There is no identity in ${file}, and none can be written to ${folder}.`);
  }
}

async function reachable(url: string): Promise<Finding> {
  const livez = new URL('/livez', url.replace(/^ws/, 'http'));
  try {
    const { status } = await fetch(livez, {
      signal: AbortSignal.timeout(REACH_WITHIN_MS),
      redirect: 'error',
    });
    return status === 200 ? good(`${url} answers`) : look(`${url}: /livez answers with ${status}`);
  } catch (error) {
    const { cause, message } = error as Error;
    return look(`${url} cannot be reached now: ${cause instanceof Error ? cause.message : message}`);
  }
}
