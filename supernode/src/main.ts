/** The supernode as a program: reads the command line, runs until it is told to stop. */
import { CommandLineError, helpText, readCommandLine } from './command-line.ts';
import { createLog, type Log } from './log.ts';
import { IdentityError } from './node-crypto.ts';
import { PageError } from './page-files.ts';
import { StartError, startSupernode, VERSION } from './supernode-program.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** If stopping hangs for some reason, the program ends all the same. */
const STOP_WITHIN_MS = 3_000;

async function run(): Promise<void> {
  const command = readCommandLine(process.argv.slice(2), process.env);
  if (command.action === 'help') {
    console.log(helpText);
    return;
  }
  if (command.action === 'version') {
    console.log(VERSION);
    return;
  }
  const log = createLog(command.settings.log);
  const supernode = await startSupernode(command.settings, log);
  stopOnSignal(() => supernode.stop(), log);
  log.info('up', `Murmuration supernode is up: open ${supernode.url}`);
  log.info('hint', 'Go live there and pass the link on. Ctrl-C stops it.');
}

function stopOnSignal(stop: () => Promise<void>, log: Log): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(EXIT_FAILED);
    stopping = true;
    log.info('stopping', 'Saying goodbye to all peers …', { signal });
    setTimeout(() => process.exit(EXIT_FAILED), STOP_WITHIN_MS).unref();
    void stop().then(() => process.exit(0));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

run().catch((error: unknown) => {
  if (error instanceof CommandLineError) {
    console.error(`${error.message}\nTry --help.`);
    process.exit(EXIT_USAGE);
  }
  if (error instanceof StartError || error instanceof IdentityError || error instanceof PageError) {
    console.error(error.message);
    process.exit(EXIT_FAILED);
  }
  throw error;
});
