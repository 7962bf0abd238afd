/** `murmuration watch <link> -o film.mkv`: a stream of media, written to a file that plays, or to a pipe. */
import { open } from 'node:fs/promises';
import { decodeMediaMessage, MediaKind } from '@murmuration/shared/media/media-message.ts';
import type { Container } from '../media/container-kinds.ts';
import { Recorder } from '../media/recorder.ts';
import { Recording } from '../media/recording.ts';
import { joined, targetOf } from './member.ts';
import {
  Exit,
  megabytes,
  type PeerFlags,
  playTime,
  reportProgress,
  UsageError,
  untilTold,
} from './peer-options.ts';

/** Messages that are none of media, before the stream is called one of data. */
const NOT_MEDIA_MAX = 20;

export async function recordCommand(flags: PeerFlags, container: Container): Promise<Exit> {
  const { output, json } = flags;
  const toPipe = output === undefined || output === '-';
  if (json && toPipe) {
    throw new UsageError('With --json standard output is for the result: name a file with -o.');
  }
  if (toPipe && process.stdout.isTTY)
    throw new UsageError('A film on a terminal is only noise: pipe it on, as in “… -o - | ffplay -”.');
  const target = targetOf(flags);
  // Better now than when the first picture comes.
  if (!toPipe) await (await open(output, 'w')).close();
  const told = untilTold(flags.seconds);
  const counts = { gaps: 0, notMedia: 0 };
  const files: string[] = [];
  let failed = false;
  const fail = (message: string): void => {
    if (failed) return;
    failed = true;
    console.error(message);
    told.end();
  };
  // Whoever reads the pipe has seen enough.
  if (toPipe) process.stdout.once('error', told.end);
  const recording = new Recording();
  const recorder = new Recorder({
    container,
    to: toPipe ? process.stdout : output,
    onFile: (path) => {
      files.push(path);
      console.error(`Recording to ${path}. Ctrl-C ends it.`);
    },
    onError: ({ message, cause }) => {
      if ((cause as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') told.end();
      else fail(message);
    },
  });
  const member = await joined(target, flags, told.end, {
    delivery: 'media',
    onMessage: (message, key, epoch) => {
      const decoded = decodeMediaMessage(message);
      if (decoded.ok && key === (decoded.value.kind === MediaKind.start))
        recorder.take(recording.push(decoded.value, message.length, epoch));
      else if (++counts.notMedia === NOT_MEDIA_MAX && files.length === 0)
        fail('This stream carries messages and no media. Write them with --format messages.');
    },
    onGap: () => {
      counts.gaps++;
      recording.gap();
      console.error('Something is missing here: it could not be had in time.');
    },
  });
  console.error(`Receiving “${member.beacon.title || target.stream}”.`);
  const stopReporting = reportProgress(() => {
    const { seconds, bytes } = recorder.figures();
    return `${playTime(seconds)}, ${megabytes(bytes)}, holes: ${counts.gaps}`;
  });
  await told.told;
  stopReporting();
  await member.stop();
  recorder.take(recording.finish());
  await recorder.finished();
  const figures = recorder.figures();
  if (!failed && figures.pictures + figures.sounds === 0)
    fail('Nothing was recorded: neither picture nor sound came.');
  const { gaps } = counts;
  if (json)
    console.log(JSON.stringify({ event: 'ended', files, ...figures, gaps, restarts: recording.restarts }));
  else if (files.length > 0)
    console.error(`${files.join(', ')}: ${playTime(figures.seconds)}, ${megabytes(figures.bytes)}.`);
  return failed ? Exit.failed : Exit.done;
}
