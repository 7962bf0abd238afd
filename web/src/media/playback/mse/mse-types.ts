/** Which containers carry a codec into Media Source Extensions here. Pure but for the browser's own answer, which tests replace. */

export type Container = 'webm' | 'mp4';

/** Names of codecs as the muxer knows them. */
export type VideoCodecName = 'vp8' | 'vp9' | 'av1' | 'avc' | 'hevc';
export type AudioCodecName = 'opus' | 'vorbis' | 'aac' | 'mp3' | 'flac';

export interface MseTrack<Name> {
  readonly name: Name;
  readonly container: Container;
  /** For `addSourceBuffer`. */
  readonly type: string;
}

export interface MseTypes {
  readonly video: MseTrack<VideoCodecName> | undefined;
  readonly audio: MseTrack<AudioCodecName> | undefined;
}

/** By the beginning of a codec string; WebM first, whose pictures can be handed over one by one. */
const videoCodecs: readonly (readonly [RegExp, VideoCodecName, readonly Container[]])[] = [
  [/^vp8$/, 'vp8', ['webm']],
  [/^vp09\./, 'vp9', ['webm', 'mp4']],
  [/^av01\./, 'av1', ['webm', 'mp4']],
  [/^avc[13]\./, 'avc', ['mp4']],
  [/^(hev1|hvc1)\./, 'hevc', ['mp4']],
];
const audioCodecs: readonly (readonly [RegExp, AudioCodecName, readonly Container[]])[] = [
  [/^opus$/, 'opus', ['webm', 'mp4']],
  [/^vorbis$/, 'vorbis', ['webm']],
  [/^mp4a\.(40|67)/, 'aac', ['mp4']],
  [/^mp3$/, 'mp3', ['mp4']],
  [/^flac$/, 'flac', ['mp4']],
];

/** iPhones have a MediaSource of another name, which asks to be spared while it cannot play. */
export const mediaSourceClass = (): typeof MediaSource | undefined =>
  (globalThis as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource ?? globalThis.MediaSource;

const supportedHere = (type: string): boolean => mediaSourceClass()?.isTypeSupported(type) ?? false;

/** How to carry these codecs; undefined if one of them cannot be. What the stream does not have stays undefined. */
export function mseTypes(
  codecs: { readonly video: string | undefined; readonly audio: string | undefined },
  isTypeSupported: (type: string) => boolean = supportedHere,
): MseTypes | undefined {
  const video =
    codecs.video === undefined ? undefined : track('video', codecs.video, videoCodecs, isTypeSupported);
  const audio =
    codecs.audio === undefined ? undefined : track('audio', codecs.audio, audioCodecs, isTypeSupported);
  const missing = (codecs.video !== undefined && !video) || (codecs.audio !== undefined && !audio);
  return missing || (!video && !audio) ? undefined : { video, audio };
}

function track<Name>(
  kind: 'video' | 'audio',
  codec: string,
  known: readonly (readonly [RegExp, Name, readonly Container[]])[],
  isTypeSupported: (type: string) => boolean,
): MseTrack<Name> | undefined {
  const [, name, containers = []] = known.find(([begins]) => begins.test(codec)) ?? [];
  if (name === undefined) return undefined;
  for (const container of containers) {
    const type = `${kind}/${container}; codecs="${codec}"`;
    if (isTypeSupported(type)) return { name, container, type };
  }
  return undefined;
}
