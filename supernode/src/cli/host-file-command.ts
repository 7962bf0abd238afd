/** `murmuration host <media file>`: a file's pictures and sound as a stream that pages and `murmuration watch` play. */
import { basename } from 'node:path';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { FileBroadcast } from '../media/file-broadcast.ts';
import { type MediaFile, openMediaFile } from '../media/media-file.ts';
import { SupplyWatch } from '../media/supply-watch.ts';
import { LiveStream } from './going-live.ts';
import { type Exit, type PeerFlags, playTime, reportProgress } from './peer-options.ts';

/** The host stays for so long after the end, so that viewers see the last of it, in ms: the longest playout delay and repair. */
const LINGER_MS = 3_000;

export async function hostFileCommand(flags: PeerFlags, path: string): Promise<Exit> {
  const file = await openMediaFile(path);
  try {
    return await broadcast(flags, path, file);
  } finally {
    file.close();
  }
}

async function broadcast(flags: PeerFlags, path: string, file: MediaFile): Promise<Exit> {
  for (const warning of file.warnings) console.error(`Left out: ${warning}`);
  console.error(`${file.description}${flags.loop ? ', over and over' : ''}`);
  const supply = new SupplyWatch();
  const live = await LiveStream.open(flags, {
    title: flags.title ?? fitTitle(basename(path)),
    delivery: 'media',
    bitsPerSecond: file.bitsPerSecond,
    onEvent: (event) => {
      if (event.type === 'supply' && supply.heard(event.supply, performance.now()))
        tellSupply(supply, file, flags.json);
    },
  });
  const show = new FileBroadcast(file, (message, key) => live.host.publish(message, key));
  const stopReporting = reportProgress(progressOf(show, file, flags, live, supply));
  const running = show.run(flags.loop).then(() => 'at its end' as const);
  try {
    const how = await Promise.race([live.told, running]);
    if (how === 'at its end') await live.linger(LINGER_MS);
  } finally {
    stopReporting();
    show.stop();
    await live.stop();
  }
  const { positionSeconds: _, ...figures } = show.figures();
  if (flags.json) console.log(JSON.stringify({ event: 'ended', ...figures }));
  return live.exit;
}

/** A line for now and then. */
function progressOf(
  show: FileBroadcast,
  file: MediaFile,
  flags: PeerFlags,
  live: LiveStream,
  supply: SupplyWatch,
): () => string {
  let bytesTold = 0;
  let toldAtMs = performance.now();
  return () => {
    const { positionSeconds, rounds, bytes } = show.figures();
    const nowMs = performance.now();
    const kilobitsPerSecond = Math.round(((bytes - bytesTold) * 8) / (nowMs - toldAtMs));
    bytesTold = bytes;
    toldAtMs = nowMs;
    return [
      `${playTime(positionSeconds)} of ${playTime(file.durationSeconds)}`,
      ...(flags.loop ? [`round ${rounds + 1}`] : []),
      `${kilobitsPerSecond} kbit/s`,
      `viewers: ${live.members}`,
      ...(supply.isShort ? [`upload for ${Math.floor(supply.carriedShare * 100)}%`] : []),
    ].join(', ');
  };
}

/** What the page tells its host, too: the swarm carries less than is sent, or as much again. */
function tellSupply(supply: SupplyWatch, { bitsPerSecond }: MediaFile, json: boolean): void {
  const { isShort, viewers } = supply;
  const carried = Math.round(bitsPerSecond * supply.carriedShare);
  if (json) console.log(JSON.stringify({ event: 'supply', short: isShort, viewers, bitsPerSecond, carried }));
  console.error(
    isShort ? shortWords(carried, bitsPerSecond) : 'There is upload enough for all viewers again.',
  );
}

const shortWords = (carried: number, bitsPerSecond: number): string =>
  `Viewers lack upload: together with this host they can pass on ${kilobits(carried)} of the ${kilobits(bitsPerSecond)} kbit/s of this file, ` +
  'which goes out as it is, so some of it is lost. Give more (--slots), have a friend run “murmuration relay” with the link, or host a smaller version.';

const kilobits = (bitsPerSecond: number): number => Math.round(bitsPerSecond / 1_000);

/** As much of a file's name as a title may have. */
function fitTitle(name: string): string {
  let title = name;
  while (Buffer.byteLength(title) > limits.titleBytesMax) title = [...title].slice(0, -1).join('');
  return title;
}
