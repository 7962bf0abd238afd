// A test's own small world: one or more supernodes, and pages that are closed when the test ends. Each peer has a context of its own in one
// browser. If the test fails, what every page showed is attached to its report.

import type { Browser } from 'playwright';
import { test as base, type TestInfo } from 'playwright/test';
import { HostPage, type LiveOptions } from './host-page.ts';
import { type LinkedSupernodes, startLinkedSupernodes } from './operators.ts';
import type { PeerPage } from './peer-page.ts';
import { type Supernode, type SupernodeOptions, startSupernode } from './supernode.ts';
import { ViewerPage, type WatchOptions } from './viewer-page.ts';

export class Swarm {
  readonly browser: Browser;
  readonly supernode: Supernode;
  readonly #peers: PeerPage[] = [];
  readonly #supernodes: Supernode[];
  readonly #linked: LinkedSupernodes[] = [];

  constructor(browser: Browser, supernode: Supernode) {
    this.browser = browser;
    this.supernode = supernode;
    this.#supernodes = [supernode];
  }

  /** One more, besides {@link supernode}. */
  async addSupernode(options: SupernodeOptions = {}): Promise<Supernode> {
    const supernode = await startSupernode(options);
    this.#supernodes.push(supernode);
    return supernode;
  }

  /** Two more, of operators who have listed each other. Links come about soon after. */
  async addLinkedSupernodes(): Promise<LinkedSupernodes> {
    const linked = await startLinkedSupernodes();
    this.#linked.push(linked);
    return linked;
  }

  async host(options: LiveOptions & { readonly origin?: string } = {}): Promise<HostPage> {
    return this.#keep(await HostPage.goLive(this.browser, options.origin ?? this.supernode.url, options));
  }

  async viewer(link: string, options: WatchOptions = {}): Promise<ViewerPage> {
    return this.#keep(await ViewerPage.open(this.browser, link, options));
  }

  /** Errors of all pages so far. */
  get complaints(): string[] {
    return this.#peers.flatMap(({ complaints }) => complaints);
  }

  #keep<P extends PeerPage>(peer: P): P {
    this.#peers.push(peer);
    return peer;
  }

  async attachPages(testInfo: TestInfo): Promise<void> {
    for (const [i, { page, complaints }] of this.#peers.entries()) {
      if (page.isClosed()) continue;
      const words = await page.locator('main').ariaSnapshot().catch(String);
      await testInfo.attach(`page ${i}.txt`, { body: [words, ...complaints].join('\n\n') });
      const body = await page.screenshot().catch(() => undefined);
      if (body) await testInfo.attach(`page ${i}.png`, { body, contentType: 'image/png' });
    }
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) await peer.close();
    for (const supernode of this.#supernodes) await supernode.stop();
    for (const linked of this.#linked) await linked.end();
  }
}

export const test = base.extend<{ swarm: Swarm }>({
  swarm: async ({ browser }, use, testInfo) => {
    const swarm = new Swarm(browser, await startSupernode());
    await use(swarm);
    if (testInfo.status !== testInfo.expectedStatus) await swarm.attachPages(testInfo);
    await swarm.close();
  },
});

export { expect } from 'playwright/test';
