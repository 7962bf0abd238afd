// A page of another site that uses the package `@murmuration/web` as a supernode serves it, and has a stream of its own to host: a canvas
// with the time code and the colour bars that the picture probe looks for, and a tone.

import type { Browser } from 'playwright';
import { examplesFolder } from './built-pages.ts';
import { openTab, PeerPage } from './peer-page.ts';
import { type StaticServer, serveFolder } from './static-server.ts';
import { timeCodeCells } from './time-code.ts';

/** What a test uses of the package, as its documentation has it. */
export interface HostStatus {
  readonly phase: string;
  readonly viewers: number;
  readonly bitsPerSecond: number;
  readonly trouble: string | undefined;
}

interface Hosting {
  readonly link: string;
  readonly preview: HTMLElement | undefined;
  readonly status: HostStatus;
  on(event: string, listener: (status: HostStatus) => void): () => void;
  setBitrate(bitsPerSecond: number | undefined): void;
  setPaused(paused: boolean): void;
  change(source: unknown): Promise<void>;
  stop(): void;
}

interface Package {
  host(source: unknown, options?: object): Promise<Hosting>;
  watch(link: string, options?: object): { stop(): void };
}

declare global {
  var murmuration: Package | undefined;
  var supernodes: string[] | undefined;
  var hosting: Hosting | undefined;
  /** Phases and troubles of `hosting`, as its events told them. */
  var told: string[] | undefined;
  /** A new stream with the tracks named: `picture`, `sound`, or both. */
  var ownStream: ((...tracks: string[]) => MediaStream) | undefined;
}

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

export class EmbeddingPage extends PeerPage {
  #site: StaticServer | undefined;

  /** @param supernode its address; the package comes from there */
  static async open(browser: Browser, supernode: string): Promise<EmbeddingPage> {
    const site = await serveFolder(examplesFolder, { 'http://localhost:8080': supernode });
    const embedding = new EmbeddingPage(await openTab(browser));
    embedding.#site = site;
    const { page } = embedding;
    await page.addInitScript(`(${installOwnStream})(${timeCodeCells})`);
    await page.goto(`${site.url}/host.html`);
    await page.evaluate(async (origin) => {
      globalThis.murmuration = await import(`${origin}/embed/murmuration.js`);
      globalThis.supernodes = [origin];
    }, supernode);
    return embedding;
  }

  /**
   * Calls `host`, with a source that is made in the page, and keeps what comes of it.
   * @returns the link, or why there is none
   */
  async host(source: () => unknown, options: object = {}): Promise<string | Refusal> {
    return this.page.evaluate(
      async ({ made, wanted }) => {
        const given: unknown = await new Function(`return (${made})()`)();
        try {
          const hosting = await globalThis.murmuration?.host(given, {
            supernodes: globalThis.supernodes,
            ...wanted,
          });
          if (!hosting) throw new Error('this page has no package');
          globalThis.hosting = hosting;
          const told: string[] = [];
          globalThis.told = told;
          for (const phase of ['live', 'paused', 'between-sources', 'ended', 'error'])
            hosting.on(phase, () => told.push(phase));
          hosting.on('trouble', ({ trouble }) => told.push(`trouble: ${trouble}`));
          return hosting.link;
        } catch (cause) {
          const { reason, message } = cause as Refusal;
          return { reason, message };
        }
      },
      { made: String(source), wanted: options },
    );
  }

  /** Shows something else. Undefined, or why it was refused. */
  async change(source: () => unknown): Promise<Refusal | undefined> {
    return this.page.evaluate(async (made) => {
      try {
        await globalThis.hosting?.change(await new Function(`return (${made})()`)());
        return undefined;
      } catch (cause) {
        const { reason, message } = cause as Refusal;
        return { reason, message };
      }
    }, String(source));
  }

  async status(): Promise<HostStatus | undefined> {
    return this.page.evaluate(() => globalThis.hosting?.status);
  }

  async told(): Promise<readonly string[]> {
    return this.page.evaluate(() => globalThis.told ?? []);
  }

  override async close(): Promise<void> {
    await super.close();
    this.#site?.close();
  }
}

/** Refers to nothing outside itself: its text is sent into pages. */
function installOwnStream(cellsOf: typeof timeCodeCells): void {
  const [width, height] = [640, 360];
  const bars = ['#c0c0c0', '#c0c000', '#00c0c0', '#00c000', '#c000c0', '#c00000', '#0000c0'];
  let frame = 0;
  const paint = (brush: CanvasRenderingContext2D): void => {
    const cell = width / 40;
    brush.fillStyle = '#14181f';
    brush.fillRect(0, 0, width, height);
    for (const [i, bar] of bars.entries()) {
      brush.fillStyle = bar;
      brush.fillRect((i * width) / bars.length, 2 * cell, width / bars.length, height * 0.5);
    }
    const ms = Math.round(performance.timeOrigin + performance.now());
    for (const [i, white] of cellsOf({ ms, frame: frame++ }).entries()) {
      brush.fillStyle = white ? '#ffffff' : '#000000';
      brush.fillRect((i % 40) * cell, Math.floor(i / 40) * cell, cell, cell);
    }
  };
  const picture = (): MediaStreamTrack[] => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    const brush = canvas.getContext('2d', { alpha: false });
    if (!brush) throw new Error('no canvas');
    const [track] = canvas.captureStream(30).getVideoTracks();
    const again = (): void => {
      if (track?.readyState === 'ended') return;
      paint(brush);
      requestAnimationFrame(again);
    };
    again();
    return track ? [track] : [];
  };
  const sound = (): MediaStreamTrack[] => {
    const audio = new AudioContext();
    const to = new MediaStreamAudioDestinationNode(audio);
    const tone = new OscillatorNode(audio, { frequency: 440 });
    tone.connect(new GainNode(audio, { gain: 0.1 })).connect(to);
    tone.start();
    return to.stream.getAudioTracks();
  };
  globalThis.ownStream = (...tracks) =>
    new MediaStream(tracks.flatMap((name) => (name === 'picture' ? picture() : sound())));
}
