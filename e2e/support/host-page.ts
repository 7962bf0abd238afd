// Going live through the page, the way a person does.

import type { Browser } from 'playwright';
import { openTab, PeerPage, type TabOptions } from './peer-page.ts';

export interface LiveOptions extends TabOptions {
  readonly title?: string;
  /** A path is a video file. Default: the test pattern. */
  readonly source?: 'Test pattern' | 'Camera' | 'Microphone' | 'Screen' | { readonly file: string };
  /** As the page offers it, such as `480p`. Default: what suits the machine. */
  readonly quality?: string;
  /** Viewers that the host serves directly, at most. */
  readonly slots?: number;
  /** Trees of the stream; by default as many as are usual. */
  readonly stripes?: number;
  /** WebSockets of further supernodes; they are in the link, too. */
  readonly via?: readonly string[];
}

export class HostPage extends PeerPage {
  /** The link to send to viewers. */
  link = '';

  /** Opens the host page of a supernode and goes live. */
  static async goLive(browser: Browser, origin: string, options: LiveOptions = {}): Promise<HostPage> {
    const { title = 'Browser test', source = 'Test pattern', slots = 3, via = [] } = options;
    const host = new HostPage(await openTab(browser, options));
    const { page } = host;
    const query = [
      ...(via.length === 0 ? [] : [`via=${via.join()}`]),
      ...(options.stripes === undefined ? [] : [`stripes=${options.stripes}`]),
    ].join('&');
    await page.goto(`${origin}/#/host${query === '' ? '' : `?${query}`}`);
    await host.pick(source);
    if (options.quality !== undefined) await host.chooseQuality(options.quality);
    await page.getByLabel('Title').fill(title);
    await page.getByLabel('Copies to send').fill(String(slots));
    await page.getByRole('button', { name: 'Go live' }).click();
    host.link = await page.getByLabel('Link to watch').inputValue();
    return host;
  }

  /** Picks a source. Before going live its preview opens; while live a button of its own puts it on the air, except for files. */
  async pick(source: NonNullable<LiveOptions['source']>): Promise<void> {
    const kind = typeof source === 'string' ? source : 'Video file';
    await this.page.getByRole('radio', { name: kind }).check();
    if (typeof source !== 'string')
      await this.page.getByLabel('Choose a video file').setInputFiles(source.file);
  }

  async chooseQuality(name: string): Promise<void> {
    const field = this.page.getByLabel('Quality');
    const option = field.getByRole('option', { name: new RegExp(`^${name}`) });
    await field.selectOption((await option.getAttribute('value')) ?? name);
  }
}
