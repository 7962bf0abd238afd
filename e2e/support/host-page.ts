// Going live through the page, the way a person does.

import type { Browser } from 'playwright';
import { openTab, PeerPage } from './peer-page.ts';

export interface LiveOptions {
  readonly title?: string;
  /** A path is a video file. Default: the test pattern. */
  readonly source?: 'Test pattern' | 'Camera' | { readonly file: string };
  /** Viewers that the host serves directly, at most. */
  readonly slots?: number;
  /** Trees of the stream; by default as many as are usual. */
  readonly stripes?: number;
  /** WebSockets of further supernodes; they are in the link, too. */
  readonly via?: readonly string[];
  readonly viewport?: { readonly width: number; readonly height: number };
}

export class HostPage extends PeerPage {
  /** The link to send to viewers. */
  link = '';

  /** Opens the host page of a supernode and goes live. */
  static async goLive(browser: Browser, origin: string, options: LiveOptions = {}): Promise<HostPage> {
    const { title = 'Browser test', source = 'Test pattern', slots = 3, via = [] } = options;
    const host = new HostPage(await openTab(browser, options.viewport));
    const { page } = host;
    const query = [
      ...(via.length === 0 ? [] : [`via=${via.join()}`]),
      ...(options.stripes === undefined ? [] : [`stripes=${options.stripes}`]),
    ].join('&');
    await page.goto(`${origin}/#/host${query === '' ? '' : `?${query}`}`);
    if (typeof source === 'string') await page.getByRole('radio', { name: source }).check();
    else {
      await page.getByRole('radio', { name: 'Video file' }).check();
      await page.getByLabel('Choose a video file').setInputFiles(source.file);
    }
    await page.getByLabel('Title').fill(title);
    await page.getByLabel('Copies of the stream to send, at most').fill(String(slots));
    await page.getByRole('button', { name: 'Go live' }).click();
    host.link = await page.getByLabel('Link to watch').inputValue();
    return host;
  }
}
