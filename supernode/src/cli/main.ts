#!/usr/bin/env node
/** The command line `murmuration`. Each command is loaded when it is called, so that a supernode needs no WebRTC. */
import { endProcess } from '../node-rtc/process-end.ts';
import { Exit, type PeerFlags, readPeerFlags, UsageError } from './peer-options.ts';

const HELP = `murmuration <command> [flags]

  supernode            introduces peers to each other, and serves the page
  gateway              the REST gateway, for programs of this machine
  host <file|->        hosts a media file, or standard input as a stream of messages
  watch <link>         writes the messages of a stream to standard output or a file
  relay <link>         lends a stream, of messages or media, this machine's upload
  monitor [supernode]  the network as a supernode sees it, live
  doctor               says whether a supernode, and WebRTC, will run here

Each says more with --help.

  murmuration supernode --port 8080
  murmuration host film.mp4 --loop --supernode 127.0.0.1:8080
  tail -f events.log | murmuration host - --supernode 127.0.0.1:8080
  murmuration watch 'http://127.0.0.1:8080/#/watch/…'
`;

async function obey(command: string | undefined, args: string[]): Promise<Exit> {
  switch (command) {
    case 'supernode':
    case 'doctor':
      return await asSupernode(command === 'doctor' ? ['doctor', ...args] : args);
    case 'gateway': {
      const { runGateway } = await import('../gateway/gateway-program.ts');
      return (await runGateway(args)) as Exit;
    }
    case 'host': {
      const { hostCommand, hostHelp } = await import('./host-command.ts');
      return await asPeer(args, hostHelp, hostCommand);
    }
    case 'watch': {
      const { watchCommand, watchHelp } = await import('./watch-command.ts');
      return await asPeer(args, watchHelp, watchCommand);
    }
    case 'relay': {
      const { relayCommand, relayHelp } = await import('./watch-command.ts');
      return await asPeer(args, relayHelp, relayCommand);
    }
    case 'monitor': {
      const { monitorCommand } = await import('./monitor/monitor-command.ts');
      return await monitorCommand(args);
    }
    case undefined:
    case 'help':
    case '--help':
      console.log(HELP);
      return Exit.done;
    default:
      throw new UsageError(`There is no command “${command}”. Try --help.`);
  }
}

/** The supernode is a program of its own, which reads the rest of the command line. */
async function asSupernode(args: readonly string[]): Promise<Exit> {
  if (args[0] === 'doctor' && !args.includes('--help')) {
    const { loadWebRtc } = await import('../node-rtc/webrtc-library.ts');
    const words = await loadWebRtc().then(
      () => 'WebRTC: there is a build of node-datachannel, so host, watch, relay and gateway work.',
      (error: Error) => error.message,
    );
    console.log(words);
  }
  process.argv.splice(2, process.argv.length, ...args);
  await import('../main.ts');
  return (process.exitCode ?? Exit.done) as Exit;
}

async function asPeer(args: string[], help: string, run: (flags: PeerFlags) => Promise<Exit>): Promise<Exit> {
  const flags = readPeerFlags(args);
  if (!flags.help) return await run(flags);
  console.log(help);
  return Exit.done;
}

try {
  const [command, ...args] = process.argv.slice(2);
  const code = await obey(command, args);
  // A supernode goes on after its command line was obeyed.
  if (command === 'supernode' || command === 'doctor') process.exitCode = code;
  else endProcess(code);
} catch (error) {
  const { name, message, reason } = error as Error & { reason?: string };
  if (name === 'UsageError') {
    console.error(`${message}\nTry --help.`);
    process.exitCode = Exit.usage;
  } else if (
    ['PeerError', 'StreamKeyError', 'WebRtcLibraryError', 'FramingError', 'MediaFileError'].includes(name) ||
    (error as { code?: string }).code
  ) {
    console.error(message);
    endProcess(reason === 'no-stream' || reason === 'no-supernode' ? Exit.notFound : Exit.failed);
  } else throw error;
}
