/** The supernode as a program: reads the command line, and does what it says; if it runs, until it is told to stop. */
import { type Command, CommandLineError, helpText, readCommandLine } from './command-line.ts';
import { drainWithinMs } from './drain.ts';
import { createLog, type Log } from './log.ts';
import { MonitorError } from './monitor/monitor-error.ts';
import { IdentityError } from './node-crypto.ts';
import { PageError } from './page-files.ts';
import { checkedSettings, printedSettings } from './settings/config-command.ts';
import { doctor } from './settings/doctor.ts';
import { identityWords } from './settings/identity.ts';
import type { Settings } from './settings/options.ts';
import { type RunningSupernode, StartError, startSupernode, VERSION } from './supernode-program.ts';
import { TlsError } from './tls-files.ts';
import { SecretError } from './turn-credentials.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** After draining: if closing hangs for some reason, the program ends all the same. */
const CLOSE_WITHIN_MS = 2_500;
const KNOWN_ERRORS = [StartError, IdentityError, PageError, TlsError, SecretError, MonitorError];
/** What can be wrong with what is read again. */
const RELOAD_ERRORS = [TlsError, SecretError, MonitorError, StartError, CommandLineError];

async function obey(command: Command): Promise<void> {
  switch (command.action) {
    case 'help':
      console.log(helpText());
      break;
    case 'version':
      console.log(VERSION);
      break;
    case 'config print':
      console.log(printedSettings(command.settings));
      break;
    case 'config check':
      console.log(checkedSettings(command.settings, command.sources));
      break;
    case 'id':
      console.log(await identityWords(command.settings));
      break;
    case 'doctor':
      if (!(await doctor(command.settings, (line) => console.log(line)))) process.exitCode = EXIT_FAILED;
      break;
    case 'run': {
      const { log: format, logLevel: level } = command.settings;
      await run(command.settings, createLog({ format, level }));
    }
  }
}

async function run(settings: Settings, log: Log): Promise<void> {
  process.on('uncaughtException', (error) => {
    log.error('crash', `Something went wrong that should not: ${error.stack ?? error.message}`);
    process.exit(EXIT_FAILED);
  });
  const supernode = await startSupernode(settings, log);
  stopOnSignal(supernode, drainWithinMs(settings.drainMs) + CLOSE_WITHIN_MS, log);
  reloadOnSignal(supernode, log);
  const { url, hints, metricsUrl } = supernode;
  log.info('up', `Murmuration supernode is up: open ${url}`, { metrics: metricsUrl });
  for (const hint of hints) log.info('hint', hint);
  log.info('hint', 'Go live there and pass the link on. Ctrl-C stops it.');
}

/** The first signal drains, a second one ends the program at once. */
function stopOnSignal(supernode: RunningSupernode, withinMs: number, log: Log): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(EXIT_FAILED);
    stopping = true;
    log.info('stopping', 'Sending everybody away; once more to stop at once …', { signal });
    setTimeout(() => process.exit(EXIT_FAILED), withinMs).unref();
    void supernode.stop().then(() => {
      log.info('stopped', 'Everybody is gone.');
      process.exit(0);
    });
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

function reloadOnSignal(supernode: RunningSupernode, log: Log): void {
  process.on('SIGHUP', () => {
    try {
      // Flags and environment are what they were; a file may say something else.
      const command = readCommandLine(process.argv.slice(2), process.env);
      if (command.action === 'run') supernode.reload(command.settings);
      log.info('reloaded', 'Certificate, key, secret, token and the list of supernodes were read again.');
    } catch (error) {
      if (!RELOAD_ERRORS.some((known) => error instanceof known)) throw error;
      log.error('reload-failed', `${(error as Error).message} The old ones stay in use.`);
    }
  });
}

try {
  await obey(readCommandLine(process.argv.slice(2), process.env));
} catch (error) {
  if (error instanceof CommandLineError) {
    console.error(`${error.message}\nTry --help.`);
    process.exit(EXIT_USAGE);
  }
  if (KNOWN_ERRORS.some((known) => error instanceof known)) {
    console.error((error as Error).message);
    process.exit(EXIT_FAILED);
  }
  throw error;
}
