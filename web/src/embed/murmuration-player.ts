/**
 * `<murmuration-player src="…link…" controls muted>`: a stream on any page, by a script tag. This file is all that is loaded until there
 * is a stream to show; the player itself comes then. Nothing of the page around it reaches inside, and it leaves nothing behind.
 */
import type { WatchEvent, WatchStatus } from '../api/contract.ts';
import type { PlayerView } from './player-view.tsx';

/** On a server, where pages are only written, there are no elements. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement);

const NOT_LOADED =
  'The player could not be loaded. Check your connection and reload the page; or open the link of the stream itself.';
/** Until the player is there, and where it cannot come. */
const STYLE = `:host { display: block; } :host([hidden]) { display: none; }
.waiting { display: grid; place-content: center; aspect-ratio: 16 / 9; margin: 0; padding: 1rem; background: #06090f; color: #eef1f5;
font: 1rem / 1.5 system-ui, sans-serif; text-align: center; }`;

/**
 * Attributes: `src` (the link), `controls`, `muted`, `slots` (copies to pass on at most, 0 is watch only), `delay` (largest playout delay
 * in ms). Events, which do not bubble: those of `WatchEvent`, with the status as `detail`.
 */
export class MurmurationPlayerElement extends Base {
  static readonly observedAttributes: readonly string[] = ['src', 'controls', 'muted', 'slots', 'delay'];

  #shadow: ShadowRoot | undefined;
  #view: PlayerView | undefined;
  /** Counts beginnings and endings: what comes too late is let go. */
  #turn = 0;

  get src(): string {
    return this.getAttribute('src') ?? '';
  }

  set src(link: string) {
    this.setAttribute('src', link);
  }

  get controls(): boolean {
    return this.hasAttribute('controls');
  }

  set controls(shown: boolean) {
    this.toggleAttribute('controls', shown);
  }

  /** Undefined until the player has been loaded. */
  get status(): WatchStatus | undefined {
    return this.#view?.status;
  }

  /** As it is now; the attribute says how to begin, and changes it too. */
  get muted(): boolean {
    return this.#view?.settings?.muted ?? true;
  }

  set muted(muted: boolean) {
    this.#view?.setMuted(muted);
  }

  /** 0 to 1. */
  get volume(): number {
    return this.#view?.settings?.volume ?? 1;
  }

  set volume(volume: number) {
    this.#view?.setVolume(volume);
  }

  get paused(): boolean {
    return this.#view?.settings?.paused ?? false;
  }

  pause(): void {
    this.#view?.pause();
  }

  play(): void {
    this.#view?.play();
  }

  connectedCallback(): void {
    addEventListener('pagehide', this.#leave);
    addEventListener('pageshow', this.#comeBack);
    // Moved within the page, it goes on as it is.
    if (!this.#view) this.#begin();
  }

  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (this.isConnected) return;
      removeEventListener('pagehide', this.#leave);
      removeEventListener('pageshow', this.#comeBack);
      this.#end();
    });
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (!this.isConnected || before === now) return;
    if (name === 'src' || name === 'delay') this.#begin();
    else if (name === 'controls') this.#view?.setControls(now !== null);
    else if (name === 'muted') this.#view?.setMuted(now !== null);
    else if (name === 'slots') this.#view?.setSlots(this.#number('slots'));
  }

  readonly #leave = (): void => this.#end();

  /** A page that the browser kept has lost its links meanwhile. */
  readonly #comeBack = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) this.#begin();
  };

  async #begin(): Promise<void> {
    this.#end();
    const turn = this.#turn;
    const shadow = this.#waiting('Starting…');
    try {
      const { PlayerView } = await import('./player-view.tsx');
      if (turn !== this.#turn) return;
      this.#view = new PlayerView(shadow, {
        link: this.src,
        controls: this.controls,
        muted: this.hasAttribute('muted'),
        slots: this.#number('slots'),
        delay: this.#number('delay'),
        tell: (event, status) => this.#tell(event, status),
      });
    } catch {
      if (turn === this.#turn) this.#waiting(NOT_LOADED);
    }
  }

  #end(): void {
    this.#turn++;
    this.#view?.end();
    this.#view = undefined;
  }

  #tell(event: WatchEvent, status: WatchStatus): void {
    this.dispatchEvent(new CustomEvent(event, { detail: status }));
  }

  #number(attribute: string): number | undefined {
    const text = this.getAttribute(attribute)?.trim() ?? '';
    return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
  }

  #waiting(words: string): ShadowRoot {
    this.#shadow ??= this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#shadow.adoptedStyleSheets = [sheet];
    const line = document.createElement('p');
    line.className = 'waiting';
    line.setAttribute('role', 'status');
    line.textContent = words;
    this.#shadow.replaceChildren(line);
    return this.#shadow;
  }
}

if (globalThis.customElements && !customElements.get('murmuration-player'))
  customElements.define('murmuration-player', MurmurationPlayerElement);
