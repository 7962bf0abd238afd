// Firefox, driven over WebDriver BiDi: Playwright drives only a Firefox of its own, which cannot be had everywhere. Pages here can do less
// than those of Chromium: a host and a viewer, and what a person sees at the viewer's.

import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { addPictureProbeTo, type ProbeReading, readProbe, resetProbe } from './picture-probe.ts';
import { installPackage, isExecutable, pathsOf } from './system-programs.ts';
import { readBars, readPixels, type WatchOptions, watchAddress } from './viewer-page.ts';

const systemNames = ['firefox-esr', 'firefox'];
const systemPaths = ['/Applications/Firefox.app/Contents/MacOS/firefox'];

/** Peers on loopback must find each other, and sound must begin without a gesture. */
const preferences = {
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
};

const SHOWN_WITHIN_MS = 30_000;

/** The path of a Firefox: FIREFOX_PATH, or one of the system, which is installed where that is possible. */
export function findOrInstallFirefox(): string | undefined {
  const asked = process.env.FIREFOX_PATH;
  if (asked) return isExecutable(asked) ? asked : undefined;
  const find = () => [...pathsOf(systemNames), ...systemPaths].find(isExecutable);
  return find() ?? (installPackage('firefox-esr') ? find() : undefined);
}

export const launchFirefox = (executablePath: string): Promise<Browser> =>
  puppeteer.launch({ browser: 'firefox', executablePath, headless: true, extraPrefsFirefox: preferences });

class FirefoxPage {
  readonly page: Page;
  readonly complaints: string[] = [];

  protected constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(SHOWN_WITHIN_MS);
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** The words in the middle of the page. */
  async words(): Promise<string> {
    return this.page.$eval('main', (main) => main.textContent);
  }
}

export class FirefoxHost extends FirefoxPage {
  link = '';

  static async goLive(browser: Browser, origin: string): Promise<FirefoxHost> {
    const host = new FirefoxHost(await browser.newPage());
    const { page } = host;
    await page.goto(`${origin}/#/host`);
    await page.locator('::-p-aria([name="Go live"][role="button"])').click();
    const link = await page.waitForSelector('::-p-aria([name="Link to watch"][role="textbox"])');
    host.link = (await link?.evaluate((input) => (input as HTMLInputElement).value)) ?? '';
    return host;
  }

  /** On the page of an application that hosts what it draws (web/examples/host.html). */
  static async goLiveElsewhere(browser: Browser, address: string): Promise<FirefoxHost> {
    const host = new FirefoxHost(await browser.newPage());
    const { page } = host;
    await page.goto(address);
    await page.locator('::-p-aria([name="Go live"][role="button"])').click();
    const field = 'input[aria-label="Link to watch"]';
    await page.waitForFunction(
      (input) => document.querySelector<HTMLInputElement>(input)?.value !== '',
      {},
      field,
    );
    host.link = await page.$eval(field, (input) => (input as HTMLInputElement).value);
    return host;
  }
}

export class FirefoxViewer extends FirefoxPage {
  #canvas = 'canvas';

  static async open(
    browser: Browser,
    link: string,
    options: Pick<WatchOptions, 'delayMaxMs'> = {},
  ): Promise<FirefoxViewer> {
    const viewer = new FirefoxViewer(await browser.newPage());
    await addPictureProbeTo(viewer.page);
    await viewer.page.goto(watchAddress(link, options));
    return viewer;
  }

  /** On somebody else's page, in the web component (web/examples/embed.html). Pictures are not probed there. */
  static async openElsewhere(browser: Browser, address: string): Promise<FirefoxViewer> {
    const viewer = new FirefoxViewer(await browser.newPage());
    viewer.#canvas = 'murmuration-player >>> canvas';
    await viewer.page.goto(address);
    await viewer.page.waitForSelector(viewer.#canvas);
    return viewer;
  }

  async painted(): Promise<number> {
    return this.page.$eval(this.#canvas, (canvas) => Number((canvas as HTMLCanvasElement).dataset.painted));
  }

  async pixels(): Promise<number[]> {
    return this.page.$eval(this.#canvas, readPixels);
  }

  async bars(): Promise<number[][]> {
    return this.page.$eval(this.#canvas, readBars);
  }

  async probe(): Promise<ProbeReading> {
    return readProbe(this.page);
  }

  async resetProbe(): Promise<void> {
    await resetProbe(this.page);
  }

  async unmute(): Promise<void> {
    await this.page.locator('::-p-aria([name="Tap for sound"][role="button"])').click();
  }
}
