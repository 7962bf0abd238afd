/** `murmuration host`: a media file, or standard input as a stream of messages. */
import type { HostPeer } from '../peer/host-peer.ts';
import { LiveStream } from './going-live.ts';
import { MessageSplitter } from './message-framing.ts';
import {
  type Exit,
  megabytes,
  type PeerFlags,
  peerFlagsHelp,
  reportProgress,
  UsageError,
} from './peer-options.ts';

/** The host stays for so long after the last message has left, so that members can fetch what they missed, in ms. */
const LINGER_MS = 3_000;
/** The input is not read while so many bytes wait to go out; looked at so often. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
const WAITING_CHECK_MS = 5;

export const hostHelp = `murmuration host <file>: hosts a media file: MP4, MOV, MKV or WebM with H.264, VP8, VP9 or AV1, AAC or Opus.
murmuration host -: hosts a stream of messages, read from standard input.
  --loop                  a file begins again at its end, until Ctrl-C
  --key <file>            keeps the stream's key there, so that its link stays the same [a new link each time]
  --framing lines|length  each line is a message, or a u32 length (big-endian) stands before each [lines]
  --title <text>          [the name of the file]
  --stripes <n>           trees that carry the stream, 1 to 16 [4]
${peerFlagsHelp}

The link to the stream is said first. The stream ends with the input; started again with the same --key, those
who wait go on. Whoever has that file can host the stream: keep it to yourself, one host at a time uses it. A file is
sent as it is, in real time: its key frames may lie 2 s apart at most.
  murmuration host film.mp4 --loop --supernode 127.0.0.1:8080
  murmuration host film.mp4 --loop --supernode 127.0.0.1:8080 --key film.key
  tail -f events.log | murmuration host - --supernode 127.0.0.1:8080
`;

export async function hostCommand(flags: PeerFlags): Promise<Exit> {
  const [input, ...more] = flags.words;
  if (input === undefined || more.length > 0) {
    throw new UsageError('host takes one media file, or “-” for standard input.');
  }
  if (flags.supernodes.length === 0)
    throw new UsageError('host needs a --supernode, such as 127.0.0.1:8080.');
  if (input !== '-') {
    const { hostFileCommand } = await import('./host-file-command.ts');
    return await hostFileCommand(flags, input);
  }
  const live = await LiveStream.open(flags, { title: flags.title ?? '', bitsPerSecond: 0 });
  const { host, told } = live;
  const sent = { messages: 0, bytes: 0 };
  const stopReporting = reportProgress(
    () => `${sent.messages} messages, ${megabytes(sent.bytes)}, ${live.members} members`,
  );
  try {
    await Promise.race([told, feedInput(host, flags, sent)]);
    await Promise.race([host.drained(), pause(LINGER_MS)]);
    if (sent.messages > 0 && !live.failed) await pause(LINGER_MS);
  } finally {
    stopReporting();
    process.stdin.destroy();
    await live.stop();
  }
  if (flags.json) console.log(JSON.stringify({ event: 'ended', ...sent }));
  return live.exit;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function feedInput(
  host: HostPeer,
  { framing }: PeerFlags,
  sent: { messages: number; bytes: number },
): Promise<void> {
  const splitter = new MessageSplitter(framing);
  const feed = (messages: readonly Uint8Array[]): void => {
    for (const message of messages) {
      host.publish(message);
      sent.messages++;
      sent.bytes += message.length;
    }
  };
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    feed(splitter.push(part));
    while (host.waitingBytes > WAITING_BYTES_MAX) await pause(WAITING_CHECK_MS);
  }
  feed(splitter.end());
}
