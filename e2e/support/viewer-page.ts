// Watching through the page, the way a person does.

import type { Browser, Locator } from 'playwright';
import { openTab, PeerPage, type TabOptions } from './peer-page.ts';
import { type ProbeReading, readProbe, resetProbe } from './picture-probe.ts';
import { readSound, type SoundReading } from './sound-probe.ts';

export interface WatchOptions extends TabOptions {
  /** Viewers to pass the stream on to, at most. Default: what the page proposes. */
  readonly slots?: number;
  /** Largest playout delay in ms. Default: the page's own, which adapts. */
  readonly delayMaxMs?: number;
  /** Globals that the browser is to lack. */
  readonly without?: readonly string[];
  /** The browser says that its connection costs by volume. */
  readonly metered?: boolean;
}

/** Who gives and takes, as the viewer's panel shows it. Peers by the first characters of their ids. */
export interface PlaceInSwarm {
  readonly self: string;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  /** Steps from the host; NaN while detached. */
  readonly depth: number;
}

export class ViewerPage extends PeerPage {
  /** Opens a link; does not wait for the picture. */
  static async open(browser: Browser, link: string, options: WatchOptions = {}): Promise<ViewerPage> {
    const viewer = await ViewerPage.inNewTab(browser, options);
    await viewer.follow(link, options);
    return viewer;
  }

  /** A tab that shows nothing yet, like that of a person whose browser is running. */
  static async inNewTab(browser: Browser, options: WatchOptions = {}): Promise<ViewerPage> {
    const viewer = new ViewerPage(await openTab(browser, options));
    const { without = [] } = options;
    if (without.length > 0) {
      await viewer.page.addInitScript((names) => {
        for (const name of names) Reflect.deleteProperty(globalThis, name);
      }, without);
    }
    if (options.metered) {
      await viewer.page.addInitScript(() =>
        Object.defineProperty(navigator, 'connection', { value: { saveData: true } }),
      );
    }
    return viewer;
  }

  /** Opens a link in the tab; does not wait for the picture. */
  async follow(link: string, options: Pick<WatchOptions, 'slots' | 'delayMaxMs'> = {}): Promise<void> {
    await this.page.goto(watchAddress(link, options));
  }

  get picture(): Locator {
    return this.page.getByRole('img', { name: 'Live picture' });
  }

  /** Pictures painted so far, from the counter on the canvas. */
  async painted(): Promise<number> {
    return Number((await this.picture.getAttribute('data-painted')) ?? 0);
  }

  /** What the painted pixels said since the page was opened or `resetProbe` was called. */
  async probe(): Promise<ProbeReading> {
    return readProbe(this.page);
  }

  async resetProbe(): Promise<void> {
    await resetProbe(this.page);
  }

  async sound(): Promise<SoundReading> {
    return readSound(this.page);
  }

  /** Brightness (0 to 255) of the picture now, made small: 32 × 18 values. */
  async pixels(): Promise<number[]> {
    return this.picture.evaluate(readPixels);
  }

  /** The colours of the test pattern's seven bars now, each as red, green and blue. */
  async bars(): Promise<number[][]> {
    return this.picture.evaluate(readBars);
  }

  async place(): Promise<PlaceInSwarm> {
    const figures = await this.figures();
    const ids = (label: string): string[] =>
      [...(figures.get(label)?.text ?? '').matchAll(/(?:^|, )([\w-]{6})(?= \(host\)|,|$)/g)].map(
        ([, id]) => id ?? '',
      );
    return {
      self: figures.get('I am')?.text ?? '',
      parents: ids('Sent to me by'),
      children: ids('Who'),
      depth: Number(figures.get('Steps from the host')?.text ?? Number.NaN),
    };
  }
}

/** A link with what the page is to be told. */
export function watchAddress(link: string, options: Pick<WatchOptions, 'slots' | 'delayMaxMs'>): string {
  const query = [
    ...(options.slots === undefined ? [] : [`slots=${options.slots}`]),
    ...(options.delayMaxMs === undefined ? [] : [`delay=${options.delayMaxMs}`]),
  ].join('&');
  return query === '' ? link : `${link}${link.includes('?') ? '&' : '?'}${query}`;
}

/** Runs in a page, so it refers to nothing outside itself. */
export function readPixels(picture: Element): number[] {
  const small = new OffscreenCanvas(32, 18);
  const context = small.getContext('2d', { willReadFrequently: true });
  context?.drawImage(picture as HTMLCanvasElement, 0, 0, 32, 18);
  const rgba = context?.getImageData(0, 0, 32, 18).data ?? new Uint8ClampedArray();
  return Array.from({ length: rgba.length / 4 }, (_, i) => rgba[i * 4 + 1] ?? 0);
}

/** The means of 8 × 8 pixels in the middle of the test pattern's bars. Runs in a page, so it refers to nothing outside itself. */
export function readBars(picture: Element): number[][] {
  const canvas = picture as HTMLCanvasElement;
  // What a worker paints on can be drawn, but has no context here.
  const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {
    willReadFrequently: true,
  });
  context?.drawImage(canvas, 0, 0);
  return Array.from({ length: 7 }, (_, i) => {
    const left = Math.round(((i + 0.5) * canvas.width) / 7) - 4;
    const rgba = context?.getImageData(left, Math.round(canvas.height * 0.3), 8, 8).data ?? [];
    return [0, 1, 2].map((channel) => {
      let sum = 0;
      for (let at = channel; at < rgba.length; at += 4) sum += rgba[at] ?? 0;
      return Math.round((sum * 4) / rgba.length);
    });
  });
}
