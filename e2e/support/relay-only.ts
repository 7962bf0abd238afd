// A browser whose pages may only connect through TURN, as behind a firewall that lets nothing else pass.

import type { Browser, Page } from 'playwright';

/** Every context that it makes has the restriction. */
export function relayOnly(browser: Browser): Browser {
  const newContext: Browser['newContext'] = async (options) => {
    const context = await browser.newContext(options);
    await context.addInitScript(() => {
      const Plain = globalThis.RTCPeerConnection;
      const made: RTCPeerConnection[] = [];
      Object.assign(globalThis, {
        peerConnections: made,
        RTCPeerConnection: class extends Plain {
          constructor(configuration?: RTCConfiguration) {
            super({ ...configuration, iceTransportPolicy: 'relay' });
            made.push(this);
          }
        },
      });
    });
    return context;
  };
  return new Proxy(browser, {
    get: (target, name) => (name === 'newContext' ? newContext : Reflect.get(target, name, target)),
  });
}

/** Kinds of the page's own candidates in the pairs that its open connections use. */
export function kindsInUse(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { peerConnections } = globalThis as unknown as { peerConnections: RTCPeerConnection[] };
    const kinds: string[] = [];
    for (const connection of peerConnections) {
      if (connection.connectionState !== 'connected') continue;
      const stats = await connection.getStats();
      for (const pair of stats.values()) {
        if (pair.type !== 'candidate-pair' || !pair.nominated) continue;
        kinds.push(stats.get(pair.localCandidateId).candidateType);
      }
    }
    return kinds;
  });
}
