// A test-only page: a host or a viewer with everything but media, under a load of synthetic messages (web/test-pages/relay-load.ts).

import type { Browser, Page } from 'playwright';
import { openTab } from './peer-page.ts';

export interface LoadNodeOptions {
  /** WebSocket URLs of supernodes. */
  readonly supernodes: readonly string[];
  /** Payload bytes of a frame at most; left out: as people have it. */
  readonly frameBytes?: number;
}

/** One message as a viewer was given it; times in unix ms by the clocks of host and viewer. */
export interface DeliveredMessage {
  readonly number: number;
  readonly publishedMs: number;
  readonly atMs: number;
  readonly bytes: number;
}

/** Counters since the start, in bytes of payload unless the name says otherwise. */
export interface LoadFigures {
  readonly messagesPublished: number;
  readonly payloadPublished: number;
  readonly payloadIn: number;
  readonly payloadUseful: number;
  readonly payloadOut: number;
  readonly framesPulled: number;
  readonly framesSkipped: number;
  /** On all channels, without the headers of the transport below them. */
  readonly bytesOut: number;
  /** What a healthy run has none of, in words: gaps, links that closed, peers that were cut. */
  readonly troubles: Readonly<Record<string, number>>;
  readonly depth?: number;
  readonly stripesFed: number;
  readonly stripes: number;
}

declare global {
  var relayLoad: {
    goLive(options: LoadNodeOptions & { bitsPerSecond: number }): Promise<string>;
    retitle(title: string): void;
    watch(options: LoadNodeOptions & { stream: string }): Promise<void>;
    publishSteadily(options: { messageBytes: number; perSecond: number }): void;
    stopPublishing(): void;
    publishFlatOut(options: { forMs: number; framesAhead: number }): Promise<void>;
    takeDelivered(): DeliveredMessage[];
    figures(): LoadFigures | undefined;
  };
}

const FED_WITHIN_MS = 60_000;

export class LoadPage {
  readonly page: Page;
  /** The id of the stream that it hosts. */
  stream = '';

  private constructor(page: Page) {
    this.page = page;
  }

  /** @param origin serves the test pages */
  static async #open(browser: Browser, origin: string): Promise<LoadPage> {
    const page = await openTab(browser);
    await page.goto(`${origin}/relay-load.html`);
    await page.waitForFunction(() => 'relayLoad' in globalThis);
    return new LoadPage(page);
  }

  static async goLive(
    browser: Browser,
    origin: string,
    options: LoadNodeOptions & { readonly bitsPerSecond: number },
  ): Promise<LoadPage> {
    const host = await LoadPage.#open(browser, origin);
    host.stream = await host.page.evaluate((given) => relayLoad.goLive(given), options);
    return host;
  }

  /** Joins, and resolves when each stripe of the stream has a parent. */
  static async watch(
    browser: Browser,
    origin: string,
    options: LoadNodeOptions & { readonly stream: string },
  ): Promise<LoadPage> {
    const viewer = await LoadPage.#open(browser, origin);
    await viewer.page.evaluate((given) => relayLoad.watch(given), options);
    await viewer.page.waitForFunction(
      () => {
        const { stripes = 0, stripesFed = 0 } = relayLoad.figures() ?? {};
        return stripes > 0 && stripesFed >= stripes;
      },
      undefined,
      { timeout: FED_WITHIN_MS },
    );
    return viewer;
  }

  /** Gives the stream one title after the other, `everyMs`. */
  async retitle(titles: readonly string[], everyMs: number): Promise<void> {
    await this.page.evaluate(
      async ([titles, everyMs]) => {
        for (const title of titles) {
          relayLoad.retitle(title);
          await new Promise((resolve) => setTimeout(resolve, everyMs));
        }
      },
      [titles, everyMs] as const,
    );
  }

  publishSteadily(options: { readonly messageBytes: number; readonly perSecond: number }): Promise<void> {
    return this.page.evaluate((given) => relayLoad.publishSteadily(given), options);
  }

  stopPublishing(): Promise<void> {
    return this.page.evaluate(() => relayLoad.stopPublishing());
  }

  /** Messages of one frame each, as many as go out, never more than `framesAhead` beyond what the channel has taken. */
  publishFlatOut(options: { readonly forMs: number; readonly framesAhead: number }): Promise<void> {
    return this.page.evaluate((given) => relayLoad.publishFlatOut(given), options);
  }

  /** What this viewer was given since the last time. */
  takeDelivered(): Promise<DeliveredMessage[]> {
    return this.page.evaluate(() => relayLoad.takeDelivered());
  }

  async figures(): Promise<LoadFigures> {
    const figures = await this.page.evaluate(() => relayLoad.figures());
    if (!figures) throw new Error('This page runs no node yet.');
    return figures;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** The troubles of some pages together, each with how often it came: `2 × gap`. */
export async function troublesOf(pages: readonly LoadPage[]): Promise<string[]> {
  const counts = new Map<string, number>();
  for (const page of pages) {
    const { troubles } = await page.figures();
    for (const [trouble, times] of Object.entries(troubles)) {
      counts.set(trouble, (counts.get(trouble) ?? 0) + times);
    }
  }
  return [...counts].map(([trouble, times]) => `${times} × ${trouble}`);
}
