// What the pages of a host and of a viewer have in common: a context of their own, as on different computers, and a list of
// figures with labels.

import type { Browser, Locator, Page } from 'playwright';
import { chromiumPermissions } from './chromium.ts';
import { addPictureProbe } from './picture-probe.ts';
import { addSoundProbe } from './sound-probe.ts';

/** Words in a figure and, if it is a number, the number itself. */
export interface Figure {
  readonly text: string;
  readonly value: number;
}

export class PeerPage {
  readonly page: Page;
  /** Uncaught errors and error messages of the page, in order. */
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(String(error.stack ?? error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** All figures that the page shows now, by label. */
  async figures(): Promise<Map<string, Figure>> {
    const shown = await this.page.locator('dl > div').evaluateAll((facts) =>
      facts.map((fact) => ({
        label: fact.querySelector('dt')?.textContent ?? '',
        text: fact.querySelector('dd')?.textContent?.trim() ?? '',
        value: fact.querySelector('data')?.value,
      })),
    );
    return new Map(
      shown.map(({ label, text, value }) => [label, { text, value: Number(value ?? Number.NaN) }]),
    );
  }

  /** The figure with this label. Throws if the page shows none. */
  async figure(label: string): Promise<Figure> {
    const figure = (await this.figures()).get(label);
    if (!figure) throw new Error(`The page shows no “${label}”.`);
    return figure;
  }

  async number(label: string): Promise<number> {
    return (await this.figure(label)).value;
  }

  /** Members of other streams that the page is linked with, by the first characters of their ids. */
  async bridges(): Promise<string[]> {
    const text = (await this.figures()).get('Bridges lead to')?.text ?? '';
    return [...text.matchAll(/(?:^|, )([\w-]{6})(?= \(host\)|,|$)/g)].map(([, id]) => id ?? '');
  }

  /** Peers that the page is linked with, of its stream and of others. */
  async links(): Promise<number> {
    const figures = await this.figures();
    const [, peers] = /^(\d+) peer/.exec(figures.get('Connections')?.text ?? '') ?? [];
    return Number(peers) + (figures.get('Bridges')?.value ?? Number.NaN);
  }

  /** The small picture of the mesh around this page. */
  get neighbourhood(): Locator {
    return this.page.getByRole('img', { name: /^I am linked with/ });
  }

  /** Those in it, the host first. */
  get neighbours(): Locator {
    return this.page.getByRole('listbox', { name: 'Neighbours' }).getByRole('option');
  }

  /** Closes the tab, as a person does. */
  async close(): Promise<void> {
    await this.page.context().close();
  }
}

export interface TabOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Whether its pictures and sounds are looked at, which costs time and memory. Default: they are. */
  readonly observed?: boolean;
  /** Done with the tab before it opens a page. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** A new tab in a context of its own, with its own keys and settings. */
export async function openTab(browser: Browser, options: TabOptions = {}): Promise<Page> {
  const { viewport = { width: 1280, height: 800 }, observed = true, prepare } = options;
  const context = await browser.newContext({ permissions: chromiumPermissions, viewport });
  if (observed) {
    await addPictureProbe(context);
    await addSoundProbe(context);
  }
  const page = await context.newPage();
  await prepare?.(page);
  return page;
}
