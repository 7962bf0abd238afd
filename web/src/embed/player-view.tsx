/** What is inside a `<murmuration-player>`: the stage of our own page, what is wrong, and what is passed on to whom. */
import { render } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { WatchEvent, WatchStatus } from '../api/contract.ts';
import { type EmbedTarget, embedTarget } from '../api/embed-target.ts';
import { delayWithin, slotsWithin } from '../api/watch-stream.ts';
import { type PlaySettings, WatchedStream } from '../api/watched-stream.ts';
import { Notice } from '../pages/parts/notice.tsx';
import { openPreferences } from '../pages/parts/use-preferences.ts';
import { usePart } from '../pages/parts/use-readable.ts';
import { Stage } from '../pages/watch/stage.tsx';
import { useSharing, wishesOf } from '../pages/watch/use-sharing.ts';
import { SessionError } from '../session/session-error.ts';
import type { PreferenceStore } from '../state/preferences.ts';
import { playerSheets } from './player-sheets.ts';
import { ShareLine } from './share-line.tsx';

export interface PlayerOptions {
  readonly link: string;
  readonly controls: boolean;
  readonly muted: boolean;
  readonly slots: number | undefined;
  readonly delay: number | undefined;
  tell(event: WatchEvent, status: WatchStatus): void;
}

const events: readonly WatchEvent[] = [
  'joining',
  'playing',
  'stalled',
  'paused',
  'ended',
  'error',
  'stopped',
  'trouble',
  'change',
];

export class PlayerView {
  readonly #root: ShadowRoot;
  readonly #options: PlayerOptions;
  #controls: boolean;
  #slots: number | undefined;
  #muted: boolean | undefined;
  #stream: WatchedStream | undefined;
  #preferences: PreferenceStore | undefined;
  #target: EmbedTarget | undefined;
  #failure: WatchStatus | undefined;
  #ended = false;

  constructor(root: ShadowRoot, options: PlayerOptions) {
    this.#root = root;
    this.#options = options;
    this.#controls = options.controls;
    this.#slots = options.slots;
    this.#muted = options.muted;
    root.replaceChildren();
    root.adoptedStyleSheets = [...playerSheets()];
    this.#begin().catch((cause) => this.#fail(SessionError.from(cause).message));
  }

  get status(): WatchStatus | undefined {
    return this.#stream?.status ?? this.#failure;
  }

  get settings(): PlaySettings | undefined {
    return this.#stream?.settings.value;
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#stream?.setMuted(muted);
  }

  setVolume(volume: number): void {
    this.#stream?.setVolume(volume);
  }

  pause(): void {
    this.#stream?.pause();
  }

  play(): void {
    this.#stream?.play();
  }

  setControls(shown: boolean): void {
    this.#controls = shown;
    this.#render();
  }

  setSlots(slots: number | undefined): void {
    this.#slots = slots;
    this.#render();
  }

  end(): void {
    this.#ended = true;
    this.#stream?.stop();
    render(null, this.#root);
  }

  async #begin(): Promise<void> {
    const target = embedTarget(this.#options.link);
    const preferences = await openPreferences();
    if (this.#ended) return;
    const { delay } = this.#options;
    const stream = new WatchedStream({
      stream: target.stream,
      supernodes: target.supernodes,
      delayMaxMs: delay === undefined ? target.delayMaxMs : delayWithin(delay),
      wishes: wishesOf(preferences, this.#slotsGiven(target, preferences)),
      volume: preferences.value.volume,
    });
    // Sound before anybody has touched the page would be refused, and the offer of it would be missing.
    stream.setMuted(this.#muted === true || navigator.userActivation?.hasBeenActive === false);
    for (const event of events) stream.on(event, (status) => this.#options.tell(event, status));
    this.#stream = stream;
    this.#preferences = preferences;
    this.#target = target;
    this.#render();
    this.#options.tell('joining', stream.status);
  }

  /** What the author of the page, or else of the link, asks for; whoever has chosen to pass nothing on outranks both. */
  #slotsGiven(target: EmbedTarget, preferences: PreferenceStore): number | undefined {
    if (preferences.value.viewerSlots === 0) return 0;
    return this.#slots === undefined ? target.slots : slotsWithin(this.#slots);
  }

  #render(): void {
    if (this.#ended || !this.#stream || !this.#preferences || !this.#target) return;
    render(
      <EmbeddedPlayer
        stream={this.#stream}
        preferences={this.#preferences}
        controls={this.#controls}
        slots={this.#slotsGiven(this.#target, this.#preferences)}
      />,
      this.#root,
    );
  }

  #fail(message: string): void {
    if (this.#ended) return;
    this.#failure = { ...noStatus, trouble: message };
    render(<Failure message={message} />, this.#root);
    this.#options.tell('error', this.#failure);
    this.#options.tell('trouble', this.#failure);
  }
}

const noStatus: WatchStatus = {
  phase: 'error',
  title: undefined,
  progress: 'This stream cannot be shown.',
  trouble: undefined,
  width: 0,
  height: 0,
  delayMs: undefined,
  hasAudio: false,
  downloadBitsPerSecond: 0,
  uploadBitsPerSecond: 0,
  viewersServed: 0,
};

function Failure({ message }: { message: string }) {
  return (
    <div class="stage">
      <div class="stage-picture">
        <p class="stage-progress" role="alert">
          {message}
        </p>
      </div>
    </div>
  );
}

function EmbeddedPlayer(props: {
  stream: WatchedStream;
  preferences: PreferenceStore;
  controls: boolean;
  slots: number | undefined;
}) {
  const { stream, preferences, controls, slots } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { title, trouble } = usePart(stream.view, ({ title, trouble }) => ({ title, trouble }));
  const sharing = useSharing(stream, preferences, slots);
  useLayoutEffect(() => {
    if (canvas.current) stream.start(canvas.current, 'player');
  }, [stream]);
  return (
    <div class="player">
      <Stage
        canvas={canvas}
        watching={stream}
        preferences={preferences}
        controls={controls}
        keysWithin="stage"
      />
      <div role="alert">{trouble && <Notice tone="bad">{trouble}</Notice>}</div>
      <ShareLine title={title} preferences={preferences} sharing={sharing} view={stream.view} />
    </div>
  );
}
