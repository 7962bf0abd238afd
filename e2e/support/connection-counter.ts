// How many WebRTC connections a page holds open, whatever it says itself: put into a page before it loads, it sees each one made.

import type { Page } from 'playwright';

declare global {
  var openConnections: (() => number) | undefined;
}

/** Call before the page is opened. */
export async function countConnections(page: Page): Promise<void> {
  await page.addInitScript(installCounter);
}

/** Connections made and not closed yet, those still being set up included. */
export async function readOpenConnections(page: Page): Promise<number> {
  return page.evaluate(() => {
    if (!globalThis.openConnections) throw new Error('this page has no counter of connections');
    return globalThis.openConnections();
  });
}

/** Refers to nothing outside itself: its text is sent into pages. */
function installCounter(): void {
  // Weak, or else the counter itself would keep what it is to find. Browsers keep connections that are open.
  let made: WeakRef<RTCPeerConnection>[] = [];
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.push(new WeakRef(this));
    }
  };
  globalThis.openConnections = () => {
    made = made.filter((reference) => {
      const connection = reference.deref();
      return connection !== undefined && connection.signalingState !== 'closed';
    });
    return made.length;
  };
}
