/**
 * The public API of `@murmuration/web`, in types. It imports nothing, so that the declarations in the package stand alone; `watch` and
 * `host` (watch-stream.ts, host-stream.ts) hold to it, and so does the web component.
 *
 * What goes wrong is an `Error` with a `message` for people, which says what happened and what to do, and a `reason` for programs.
 */

/**
 * `joining` until the first picture; `stalled` when it stands still for a second though it should move; `ended` when the host has
 * fallen silent or was stopped, after which `playing` may follow if they come back; `error` and `stopped` are final.
 */
export type WatchPhase = 'joining' | 'playing' | 'stalled' | 'paused' | 'ended' | 'error' | 'stopped';

export interface WatchStatus {
  readonly phase: WatchPhase;
  /** What the host calls the stream: text of a stranger, so show it as text. Undefined until the host was heard; may be empty. */
  readonly title: string | undefined;
  /** What is being done, in a sentence for people. */
  readonly progress: string;
  /** What is wrong and what to do, for people; undefined while all is well. */
  readonly trouble: string | undefined;
  /** Pixels of the picture; 0 before the first. */
  readonly width: number;
  readonly height: number;
  /** From capture at the host to the picture here, in ms, right if both clocks are; undefined until measured. */
  readonly delayMs: number | undefined;
  readonly hasAudio: boolean;
  readonly downloadBitsPerSecond: number;
  /** What goes out to others, and to how many of them directly. */
  readonly uploadBitsPerSecond: number;
  readonly viewersServed: number;
}

/** The phases, each when it begins; `trouble` when a trouble begins or changes; `change` with every new status, twice a second. */
export type WatchEvent = WatchPhase | 'trouble' | 'change';

export interface WatchOptions {
  /** Painted on, by the page. Default: a new canvas, which fills the width of `element` and is painted in a worker. */
  readonly canvas?: HTMLCanvasElement;
  /** Gets a canvas, if none was given. */
  readonly element?: HTMLElement;
  /** Copies of the stream that are passed on to others at most, 0 to 16; 0 is watch only. Default: what the link says, else 3. */
  readonly slots?: number;
  /** Upload for that at most, in Mbit/s. Default: what is usual for a line at home. */
  readonly uploadMbitMax?: number;
  /** Pass on over connections that cost by volume, too. Default false. */
  readonly shareWhenMetered?: boolean;
  /** Largest playout delay in ms, 60 to 600. Default: what the link says, else 600. */
  readonly delay?: number;
  /** Default true: browsers give sound only after a tap or a key on the page. */
  readonly muted?: boolean;
  /** 0 to 1. Default 1. */
  readonly volume?: number;
  /** Further supernodes, such as `https://live.example`; needed if the link is no more than a stream's id. */
  readonly supernodes?: readonly string[];
}

/** A stream that is being watched. It ends with `stop`, or with the page. */
export interface Watching {
  /** If it was not given, it has no context: it can be placed, drawn elsewhere and captured. */
  readonly canvas: HTMLCanvasElement;
  readonly status: WatchStatus;
  /** Calls back with the status at that moment; returns how to stop. */
  on(event: WatchEvent, listener: (status: WatchStatus) => void): () => void;
  /** Sound comes only if this is called within a tap or a key press, or after one. */
  setMuted(muted: boolean): void;
  /** @param volume 0 to 1. */
  setVolume(volume: number): void;
  /** Holds the picture; what others get goes on. */
  pause(): void;
  /** Goes on at the live edge. */
  play(): void;
  /** Copies passed on from now on at most; 0 is watch only. */
  setSlots(slots: number): void;
  /** Says goodbye to all neighbours and frees the decoder. */
  stop(): void;
}

/**
 * A blob is a video or sound file. Ids of devices are those of the browser; `none` as microphone is without sound.
 *
 * A `MediaStream` is whatever you have made: `canvas.captureStream()`, the destination of an `AudioContext`, a camera that you have opened
 * yourself. Its first picture track and its first sound track are shown, as they are at the call; one of them is enough. It stays yours: its
 * tracks are not stopped or changed, also not by `stop`. When you stop the picture (without one, the sound), viewers see a card.
 */
export type HostSource =
  | 'pattern'
  | 'camera'
  | 'microphone'
  | 'screen'
  | Blob
  | MediaStream
  | { readonly kind: 'camera'; readonly camera?: string; readonly microphone?: string }
  | { readonly kind: 'microphone'; readonly microphone?: string };

export interface HostStreamOptions {
  /** Such as `https://live.example`; the first one is in the link as the page to open. Default: where this page comes from. */
  readonly supernodes?: readonly string[];
  readonly title?: string;
  /** Copies of the stream to send at most, 1 to 16. Default 3. */
  readonly slots?: number;
  /** Of picture and sound together, 100,000 at least. Default: what the machine encodes without trouble; a file as it is. */
  readonly bitsPerSecond?: number;
  /** That all copies may take, 100,000 at least. Default: no limit. */
  readonly uploadBitsPerSecond?: number;
}

/** `between-sources`: viewers see a card, because the camera or the sharing ended. `error` and `ended` are final. */
export type HostPhase = 'live' | 'paused' | 'between-sources' | 'ended' | 'error';

export interface HostStatus {
  readonly phase: HostPhase;
  /** Members of the stream that are known. */
  readonly viewers: number;
  /** Of the stream as encoded, measured. */
  readonly bitsPerSecond: number;
  readonly uploadBitsPerSecond: number;
  /** What works less well than it should, in sentences for people. */
  readonly notices: readonly string[];
  /** What failed last and what to do, for people. */
  readonly trouble: string | undefined;
}

/** The phases, each when it begins; `trouble` when one begins; `change` with every new status, twice a second. */
export type HostEvent = HostPhase | 'trouble' | 'change';

/** A stream that is live. It ends with `stop`, or with the page; hosted again from the same browser and page, it has the same link. */
export interface Hosting {
  /** To send to viewers. */
  readonly link: string;
  /** Shows what goes out; undefined between sources. */
  readonly preview: HTMLElement | undefined;
  readonly status: HostStatus;
  on(event: HostEvent, listener: (status: HostStatus) => void): () => void;
  /** @param bitsPerSecond as in the options; throws for what is no bitrate */
  setBitrate(bitsPerSecond: number | undefined): void;
  /** Viewers see a card that says so. */
  setPaused(paused: boolean): void;
  /**
   * Shows something else; the link stays. If it fails, what was shown goes on, and `status.trouble` says why. Rejects only for what is
   * no source at all.
   */
  change(source: HostSource): Promise<void>;
  stop(): void;
}

/** Joins a stream and plays it. Throws if the link is damaged; all else that goes wrong is in `status`. */
export type Watch = (link: string, options?: WatchOptions) => Watching;

/**
 * Goes live; asks for the camera or the screen first, so call it within a tap. Rejects if that or going live fails, and for arguments that
 * are none of these. A page, and all pages of a site in one browser, have one stream at a time.
 */
export type Host = (source: HostSource, options?: HostStreamOptions) => Promise<Hosting>;
