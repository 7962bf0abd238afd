/**
 * The gateway as a program: listens on loopback and says where on standard output, until a signal or, if so asked, until standard input
 * ends: whoever started it through a pipe and dies takes it along.
 */
import { parseArgs } from 'node:util';
import { startGateway } from './gateway-server.ts';
import { usualKeyFolder } from './key-folder.ts';

const PORT_USUAL = 7_070;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const gatewayHelp = `murmuration gateway: the REST gateway, for programs of this machine (http://127.0.0.1:${PORT_USUAL}/openapi.json).

  --port <port>      0: any that is free [${PORT_USUAL}]
  --bind <address>   address on which peers are linked and supernodes listen, such as 127.0.0.1 [all]
  --keys <folder>    where keys of streams are kept that a host names [${usualKeyFolder()}]
  --until-eof        end when standard input ends
  --help

The first line of standard output is JSON: {"event":"up","port":${PORT_USUAL}}. Exit codes: 0 stopped, 1 failed, 2 wrong usage.

  murmuration gateway &
  curl -X POST -H 'Content-Type: application/json' -d '{"Trackers":["127.0.0.1:8080"],"MaxResourceSize":65000}' \\
    http://127.0.0.1:${PORT_USUAL}/host
`;

/** Runs until it is stopped; answers with the exit code. */
export async function runGateway(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    console.error(`${options}\nTry --help.`);
    return EXIT_USAGE;
  }
  if (options.help) {
    console.log(gatewayHelp);
    return 0;
  }
  try {
    const report = (words: string): void => console.error(words);
    const { port, bind: bindAddress, keys: keyFolder } = options;
    const gateway = await startGateway({ port, bindAddress, keyFolder, report });
    const told = toldToStop(options.untilEof);
    console.log(JSON.stringify({ event: 'up', port: gateway.port }));
    await told;
    await gateway.stop();
    return 0;
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    console.error(
      taken
        ? `Port ${options.port} is taken by another program. Choose one with --port, or any with --port 0.`
        : `The gateway does not start: ${(error as Error).message}`,
    );
    return EXIT_FAILED;
  }
}

function toldToStop(untilEof: boolean): Promise<void> {
  return new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    if (!untilEof) return;
    process.stdin.on('end', () => resolve());
    process.stdin.on('error', () => resolve());
    process.stdin.resume();
  }).then(() => {
    process.stdin.destroy();
  });
}

function readOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: String(PORT_USUAL) },
        bind: { type: 'string' },
        keys: { type: 'string', default: usualKeyFolder() },
        'until-eof': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    if (!/^\d{1,5}$/.test(values.port) || port > 65_535)
      return `--port takes a number up to 65535, not “${values.port}”.`;
    return { port, bind: values.bind, keys: values.keys, untilEof: values['until-eof'], help: values.help };
  } catch (error) {
    return (error as Error).message;
  }
}
