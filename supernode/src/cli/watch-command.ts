/** `murmuration watch` and `murmuration relay`: members of a stream, one for its messages, one to lend it upload. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { parseStreamTarget, type StreamTarget } from '../peer/supernode-address.ts';
import { ViewerPeer, type ViewerPeerOptions } from '../peer/viewer-peer.ts';
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

/** Without a word of the host for so long it has gone, in ms. */
const HOST_GONE_MS = 15_000;
const HOST_CHECK_MS = 1_000;

export const watchHelp = `murmuration watch <link>: writes the messages of a stream to standard output.

  -o, --output <file>     write them to a file instead
  --framing lines|length  a newline after each message, or a u32 length (big-endian) before each [lines]
  --messages <n>          end after so many
${peerFlagsHelp}

<link> is the link of a stream, or its id and a --supernode. It ends when the host has gone.

  murmuration watch 'http://127.0.0.1:8080/#/watch/…' --messages 10
  murmuration watch <stream id> --supernode 127.0.0.1:8080 --framing length -o messages.bin
`;

export const relayHelp = `murmuration relay <link>: joins a stream, of messages or of media, and passes it on.

${peerFlagsHelp}

<link> is the link of a stream, or its id and a --supernode. It ends when the host has gone.

  murmuration relay 'https://birds.example/#/watch/…' --slots 8
`;

export async function watchCommand(flags: PeerFlags): Promise<Exit> {
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

function targetOf({ words, supernodes }: PeerFlags): StreamTarget {
  const [text = '', ...more] = words;
  const target = more.length === 0 ? parseStreamTarget(text) : undefined;
  if (target === undefined)
    throw new UsageError('It takes one link to a stream, …/#/watch/ and 27 characters, or the id alone.');
  const all = [...new Set([...target.supernodes, ...supernodes])];
  if (all.length === 0)
    throw new UsageError('A stream id alone needs a --supernode, such as 127.0.0.1:8080.');
  return { stream: target.stream, supernodes: all };
}

/** Joins, and ends when the host has not been heard for a while. */
async function joined(
  { stream, supernodes }: StreamTarget,
  { slots, bind, within }: PeerFlags,
  end: () => void,
  handlers: Pick<ViewerPeerOptions, 'delivery' | 'onMessage' | 'onGap'>,
): Promise<ViewerPeer> {
  let heardAtMs = performance.now();
  console.error('Joining …');
  const member = await ViewerPeer.open({
    stream,
    supernodes,
    slots,
    bindAddress: bind,
    withinMs: within * 1_000,
    ...handlers,
    onEvent: (event) => {
      if (event.type === 'stream') heardAtMs = performance.now();
    },
  });
  setInterval(() => {
    if (performance.now() - heardAtMs < HOST_GONE_MS) return;
    console.error('The host has gone.');
    end();
  }, HOST_CHECK_MS).unref();
  return member;
}
