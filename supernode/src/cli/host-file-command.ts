/** `murmuration host <media file>`: a file's pictures and sound as a stream that pages and `murmuration watch` play. */
import { basename } from 'node:path';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { FileBroadcast } from '../media/file-broadcast.ts';
import { type MediaFile, openMediaFile } from '../media/media-file.ts';
import { HostPeer } from '../peer/host-peer.ts';
import { streamLink } from '../peer/supernode-address.ts';
import { Exit, type PeerFlags, playTime, reportProgress, untilTold } from './peer-options.ts';

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
  const { told, end } = untilTold(flags.seconds);
  let failed = false;
  const host = await HostPeer.open({
    supernodes: flags.supernodes,
    title: flags.title ?? fitTitle(basename(path)),
    delivery: 'media',
    bitsPerSecond: file.bitsPerSecond,
    slots: flags.slots,
    stripes: flags.stripes,
    bindAddress: flags.bind,
    onEnd: ({ message }) => {
      console.error(message);
      failed = true;
      end();
    },
  });
  const link = streamLink(host.stream, flags.supernodes);
  for (const warning of file.warnings) console.error(`Left out: ${warning}`);
  console.error(`${file.description}${flags.loop ? ', over and over' : ''}\nLive: ${link}`);
  if (flags.json) console.log(JSON.stringify({ event: 'live', link, stream: host.stream }));
  const show = new FileBroadcast(file, (message, key) => host.publish(message, key));
  const viewers = (): number =>
    host.snapshot()?.members.filter(({ stream, role }) => stream === host.stream && role !== Role.host)
      .length ?? 0;
  let bytesTold = 0;
  let toldAtMs = performance.now();
  const stopReporting = reportProgress(() => {
    const { positionSeconds, rounds, bytes } = show.figures();
    const nowMs = performance.now();
    const kilobitsPerSecond = Math.round(((bytes - bytesTold) * 8) / (nowMs - toldAtMs));
    bytesTold = bytes;
    toldAtMs = nowMs;
    const round = flags.loop ? `, round ${rounds + 1}` : '';
    return `${playTime(positionSeconds)} of ${playTime(file.durationSeconds)}${round}, ${kilobitsPerSecond} kbit/s, viewers: ${viewers()}`;
  });
  const running = show.run(flags.loop).then(() => 'at its end' as const);
  try {
    const how = await Promise.race([told, running]);
    if (how === 'at its end')
      await Promise.race([told, new Promise((resolve) => setTimeout(resolve, LINGER_MS))]);
  } finally {
    stopReporting();
    end();
    show.stop();
    await host.stop();
  }
  const { positionSeconds: _, ...figures } = show.figures();
  if (flags.json) console.log(JSON.stringify({ event: 'ended', ...figures }));
  return failed ? Exit.failed : Exit.done;
}

/** As much of a file's name as a title may have. */
function fitTitle(name: string): string {
  let title = name;
  while (Buffer.byteLength(title) > limits.titleBytesMax) title = [...title].slice(0, -1).join('');
  return title;
}
