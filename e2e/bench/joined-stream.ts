// The stream that newcomers join in either browser: its host has no place left, two viewers have.

import type { Browser } from 'playwright';
import { HostPage } from '../support/host-page.ts';
import { ViewerPage } from '../support/viewer-page.ts';

/** Between joins; odd, so that they fall at all phases of the second between key pictures. */
export const JOIN_PAUSE_MS = 137;
export const PICTURE_WITHIN_MS = 30_000;
const VIEWERS = 2;

export class JoinedStream {
  readonly link: string;
  readonly #pages: readonly (HostPage | ViewerPage)[];

  private constructor(host: HostPage, viewers: readonly ViewerPage[]) {
    this.link = host.link;
    this.#pages = [...viewers, host];
  }

  static async open(browser: Browser, origin: string): Promise<JoinedStream> {
    const host = await HostPage.goLive(browser, origin, { title: 'Joins', slots: VIEWERS });
    const viewers: ViewerPage[] = [];
    for (let i = 0; i < VIEWERS; i++) viewers.push(await seeing(await ViewerPage.open(browser, host.link)));
    return new JoinedStream(host, viewers);
  }

  async close(): Promise<void> {
    for (const page of this.#pages) await page.close();
  }
}

/** Waits for its first picture and its figures. */
export async function seeing(viewer: ViewerPage): Promise<ViewerPage> {
  const painted = viewer.page.locator('canvas[data-painted]:not([data-painted="0"])');
  await painted.waitFor({ timeout: PICTURE_WITHIN_MS });
  await viewer.page.getByText('Pictures painted').waitFor();
  return viewer;
}
