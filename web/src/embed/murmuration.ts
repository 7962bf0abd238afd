/** The package `@murmuration/web`: two calls. The web component is in murmuration-player.ts. */
import type { Host, Watch } from '../api/contract.ts';
import { hostStream } from '../api/host-stream.ts';
import { watchStream } from '../api/watch-stream.ts';

export type * from '../api/contract.ts';

export const watch: Watch = watchStream;
export const host: Host = hostStream;
