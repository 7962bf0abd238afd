/** The kinds of file that a stream can be written to. */
export const Container = { mkv: 'mkv', webm: 'webm', mp4: 'mp4' } as const;
export type Container = (typeof Container)[keyof typeof Container];

const ENDINGS: Readonly<Record<string, Container>> = {
  '.mkv': Container.mkv,
  '.mka': Container.mkv,
  '.webm': Container.webm,
  '.mp4': Container.mp4,
  '.m4v': Container.mp4,
  '.m4a': Container.mp4,
};

/** By the ending of a file's name; undefined if that says nothing. */
export function containerOf(path: string): Container | undefined {
  return ENDINGS[/\.[a-z0-9]+$/.exec(path.toLowerCase())?.[0] ?? ''];
}
