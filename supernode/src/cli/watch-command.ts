/** `murmuration watch` and `murmuration relay`: members of a stream, one for what it carries, one to lend it upload. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { decodeMediaMessage } from '@murmuration/shared/media/media-message.ts';
import { containerOf } from '../media/container-kinds.ts';
import { joined, targetOf } from './member.ts';
import { framed } from './message-framing.ts';
import {
  Exit,
  megabytes,
  type PeerFlags,
  peerFlagsHelp,
  reportProgress,
  UsageError,
  untilTold,
} from './peer-options.ts';

export const watchHelp = `murmuration watch <link>: writes the messages of a stream to standard output, or its pictures and sound to a file.

  -o, --output <file>     .mkv, .webm, .mp4: pictures and sound; - is standard output (MKV); else a file for messages
  --format mkv|webm|mp4|messages  what to write, whatever the file is called
  --framing lines|length  a newline after each message, or a u32 length (big-endian) before each [lines]
  --messages <n>          end after so many
  --wait <n>              seconds without a word of the host after which it has gone [15]
${peerFlagsHelp}

<link> is the link of a stream, or its id and a --supernode. It ends when the host has gone, or with Ctrl-C; the file is
complete then. A recording begins at a key frame. What was lost is a hole in it. A host that comes back goes on in the same file;
if the stream changes its form (codec, size, tracks), another file is begun: film.mkv, film-2.mkv, ….

  murmuration watch 'http://127.0.0.1:8080/#/watch/…' -o film.mkv
  murmuration watch 'http://127.0.0.1:8080/#/watch/…' -o - | ffplay -
  murmuration watch 'http://127.0.0.1:8080/#/watch/…' --messages 10
  murmuration watch <stream id> --supernode 127.0.0.1:8080 --framing length -o messages.bin
`;

export const relayHelp = `murmuration relay <link>: joins a stream, of messages or of media, and passes it on.

${peerFlagsHelp}

<link> is the link of a stream, or its id and a --supernode. It ends when the host has gone.

  murmuration relay 'https://birds.example/#/watch/…' --slots 8
`;

export async function watchCommand(flags: PeerFlags): Promise<Exit> {
  const { output: path = '' } = flags;
  const format = flags.format ?? (path === '-' ? 'mkv' : containerOf(path)) ?? 'messages';
  if (format !== 'messages') {
    const { recordCommand } = await import('./record-command.ts');
    return await recordCommand(flags, format);
  }
  return await writeMessages(flags);
}

async function writeMessages(flags: PeerFlags): Promise<Exit> {
  if (flags.json && flags.output === undefined) {
    throw new UsageError(
      'With --json standard output is for the result: name a file for the messages with -o.',
    );
  }
  const target = targetOf(flags);
  const output: Writable = flags.output === undefined ? process.stdout : createWriteStream(flags.output);
  if (output !== process.stdout) await once(output, 'open');
  const result = { messages: 0, bytes: 0, gaps: 0 };
  const told = untilTold(flags.seconds);
  output.on('error', told.end);
  const member = await joined(target, flags, told.end, {
    delivery: 'data',
    onMessage: (message) => {
      if (result.messages >= flags.messages) return;
      if (result.messages === 0 && flags.format === undefined) hintAtMedia(message);
      result.messages++;
      result.bytes += message.length;
      output.write(framed(message, flags.framing));
      if (result.messages >= flags.messages) told.end();
    },
    onGap: () => {
      result.gaps++;
      console.error('Messages are missing here: they could not be had any more.');
    },
  });
  console.error('Receiving.');
  const stopReporting = reportProgress(() => `${result.messages} messages, ${megabytes(result.bytes)}`);
  await told.told;
  stopReporting();
  await member.stop();
  const complete = !output.errored && result.gaps === 0;
  if (output !== process.stdout) await new Promise((resolve) => output.end(resolve));
  if (output.errored) console.error(`The output cannot be written: ${output.errored.message}`);
  if (flags.json) console.log(JSON.stringify({ event: 'ended', ...result }));
  return complete ? Exit.done : Exit.failed;
}

function hintAtMedia(message: Uint8Array): void {
  if (!decodeMediaMessage(message).ok) return;
  console.error('This looks like pictures and sound: -o film.mkv writes them so that they play.');
}

export async function relayCommand(flags: PeerFlags): Promise<Exit> {
  if (flags.slots === 0) throw new UsageError('A relay with --slots 0 passes nothing on.');
  const target = targetOf(flags);
  const told = untilTold(flags.seconds);
  const member = await joined(target, flags, told.end, { delivery: 'media', onMessage: () => {} });
  console.error(`Passing on “${member.beacon.title || target.stream}”. Ctrl-C ends it.`);
  const peer = member.snapshot()?.peer;
  if (flags.json) console.log(JSON.stringify({ event: 'relaying', stream: target.stream, peer }));
  const figures = () => {
    const { links = [], relay } = member.snapshot() ?? {};
    return {
      children: links.filter(({ childOf }) => childOf.length > 0).length,
      payloadBytesIn: relay?.payloadBytesIn ?? 0,
      payloadBytesOut: relay?.payloadBytesOut ?? 0,
    };
  };
  const stopReporting = reportProgress(() => {
    const { children, payloadBytesIn, payloadBytesOut } = figures();
    return `${children} children, ${megabytes(payloadBytesIn)} taken, ${megabytes(payloadBytesOut)} passed on`;
  });
  await told.told;
  stopReporting();
  const result = figures();
  await member.stop();
  if (flags.json) console.log(JSON.stringify({ event: 'ended', ...result }));
  return Exit.done;
}
