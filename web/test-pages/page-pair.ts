/** Two transports in one page whose signals go straight to each other: the smallest network there is. */
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import type { LinkSink } from '@murmuration/shared/node/ports.ts';
import { PageClock } from '../src/platform/page-clock.ts';
import { createEphemeralIdentity } from '../src/platform/web-crypto.ts';
import { SimplePeerTransport } from '../src/rtc/simple-peer-transport.ts';

/** Makes a transport of a page's usual parts, with no STUN server. */
export async function newTransport(): Promise<SimplePeerTransport> {
  return new SimplePeerTransport({ clock: new PageClock(), crypto: await createEphemeralIdentity() });
}

/** A sink of which a test overrides what it looks at. */
export function quietSink(watched: Partial<LinkSink>): LinkSink {
  return {
    incoming: () => {
      throw new Error('nobody dials without signaling here');
    },
    opened: () => {},
    signal: () => {},
    received: () => {},
    drained: () => {},
    closed: () => {},
    ...watched,
  };
}

/** The link of either end, by the same number. */
export const LINK = 1 as LinkId;
/** Transports do not read it: who the remote end is, a hello will tell. */
export const SOMEBODY = '' as PeerId;

export interface OpenPair {
  readonly dialer: SimplePeerTransport;
  readonly answerer: SimplePeerTransport;
  /** From dial to open at both ends, in ms. */
  readonly setUpMs: number;
  readonly signals: number;
  readonly signalBytes: number;
}

/** Dials {@link LINK} from one new transport to another and waits until both ends are open. */
export async function openPair(
  atDialer: Partial<LinkSink>,
  atAnswerer: Partial<LinkSink>,
): Promise<OpenPair> {
  const dialer = await newTransport();
  const answerer = await newTransport();
  let opened = 0;
  let signals = 0;
  let signalBytes = 0;
  const startMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    const watch = (others: Partial<LinkSink>, carry: (payload: Uint8Array) => void): LinkSink => ({
      ...quietSink(others),
      opened: (link, binding) => {
        others.opened?.(link, binding);
        if (++opened === 2) resolve();
      },
      closed: (link, reason) => {
        others.closed?.(link, reason);
        reject(new Error(reason));
      },
      signal: (_link, payload) => {
        signals++;
        signalBytes += payload.length;
        carry(payload);
      },
    });
    let accepted = false;
    dialer.attach(
      watch(atDialer, (payload) => {
        if (accepted) answerer.signal(LINK, payload);
        else answerer.accept(LINK, SOMEBODY, payload);
        accepted = true;
      }),
    );
    answerer.attach(watch(atAnswerer, (payload) => dialer.signal(LINK, payload)));
    dialer.dial(LINK, { kind: 'peer', peer: SOMEBODY });
  });
  return { dialer, answerer, setUpMs: performance.now() - startMs, signals, signalBytes };
}
