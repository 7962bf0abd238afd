/** Taking part in a stream from Node.js: its messages in order, each once, and passed on to others as far as `slots` allows. */
import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import type { NodeEvent } from '@murmuration/shared/node/events.ts';
import { PeerDriver } from '@murmuration/shared/node/peer-driver.ts';
import { defaultPeerSettings } from '@murmuration/shared/node/settings.ts';
import type { NodeSnapshot } from '@murmuration/shared/node/snapshot.ts';
import type { Beacon } from '@murmuration/shared/wire/beacon.ts';
import { type NodePorts, openNodePorts } from './node-ports.ts';
import { PeerError } from './peer-error.ts';

/** How long the stream may take to be found if nothing else is said, in ms. */
const STREAM_WAIT_MS = 20_000;
/** Once it is found: how long to wait for a parent in every tree, so that nothing that is published from then on is missed. */
const PARENTS_WAIT_MS = 4_000;
const PARENTS_CHECK_MS = 20;

/**
 * Data have no playout delay in which frames could wait for votes: what is authentic goes to the application at once. The votes go
 * round all the same, and show a host that signs two versions. With the usual 35 ms a message took 20 ms at the median.
 */
const DATA_CONFIRM_WITHIN_MS = 0;

export interface ViewerPeerOptions {
  readonly stream: StreamId;
  /** WebSocket URLs. */
  readonly supernodes: readonly string[];
  /** `data`: every message counts and is waited for. `media`: what is late is skipped, to the next message to start from. */
  readonly delivery: 'data' | 'media';
  /** Copies of the stream that this node uploads at most. Default 3; 0 passes nothing on. */
  readonly slots?: number | undefined;
  readonly bindAddress?: string | undefined;
  /** How long the stream may take to be found, in ms. Default 20,000. */
  readonly withinMs?: number | undefined;
  /** @param epoch of the host: a higher one than before means that the host began anew */
  readonly onMessage: (message: Uint8Array, key: boolean, epoch: number) => void;
  /** Messages were missed for good; the next one follows after them. */
  readonly onGap?: (() => void) | undefined;
  readonly onEvent?: ((event: NodeEvent) => void) | undefined;
}

export class ViewerPeer {
  /** What the host said of its stream when it was found. */
  readonly beacon: Beacon;
  readonly #driver: PeerDriver;
  readonly #ports: NodePorts;

  /**
   * Resolves when the stream was found and its host believed. Rejects with {@link PeerError} or WebRtcLibraryError.
   * @param signal ends the search
   */
  static async open(options: ViewerPeerOptions, signal?: AbortSignal): Promise<ViewerPeer> {
    const ports = await openNodePorts(options.bindAddress);
    const driver = new PeerDriver(ports, {
      ...defaultPeerSettings,
      role: 'viewer',
      supernodes: options.supernodes,
      stream: options.stream,
      slots: options.slots ?? defaultPeerSettings.slots,
      gapPolicy: options.delivery === 'data' ? 'wait' : 'skip-to-key',
      confirmWithinMs:
        options.delivery === 'data' ? DATA_CONFIRM_WITHIN_MS : defaultPeerSettings.confirmWithinMs,
    });
    try {
      const beacon = await foundStream(driver, ports, options, signal);
      await parentsFound(driver);
      return new ViewerPeer(beacon, driver, ports);
    } catch (error) {
      driver.stop();
      await ports.transport.stop();
      throw error;
    }
  }

  private constructor(beacon: Beacon, driver: PeerDriver, ports: NodePorts) {
    this.beacon = beacon;
    this.#driver = driver;
    this.#ports = ports;
  }

  snapshot(): NodeSnapshot | undefined {
    return this.#driver.snapshot();
  }

  /** Says goodbye and closes everything. Safe to call twice. */
  async stop(): Promise<void> {
    this.#driver.stop();
    await this.#ports.transport.stop();
  }
}

function foundStream(
  driver: PeerDriver,
  ports: NodePorts,
  options: ViewerPeerOptions,
  signal: AbortSignal | undefined,
): Promise<Beacon> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const heard = (driver.snapshot()?.supernodesConnected ?? 0) > 0;
      reject(new PeerError(heard ? 'no-stream' : 'no-supernode'));
    }, options.withinMs ?? STREAM_WAIT_MS);
    const give = (error: PeerError): void => {
      clearTimeout(timer);
      reject(error);
    };
    if (signal?.aborted) give(new PeerError('stopped'));
    signal?.addEventListener('abort', () => give(new PeerError('stopped')), { once: true });
    driver.start((event) => {
      if (event.type === 'message') options.onMessage(event.bytes, event.key, event.epoch);
      else options.onEvent?.(event);
      if (event.type === 'gap') options.onGap?.();
      if (event.type === 'ice-servers') ports.tellIceServers(event);
      if (event.type === 'join-trouble' && event.reason === 'limits') give(new PeerError('beyond-limits'));
      if (event.type !== 'stream') return;
      clearTimeout(timer);
      resolve(event.beacon);
    });
  });
}

/** Waits for a parent in every tree, but not for long: where there is no room for a newcomer, it comes as it can. */
async function parentsFound(driver: PeerDriver): Promise<void> {
  const untilMs = performance.now() + PARENTS_WAIT_MS;
  while (performance.now() < untilMs) {
    const { relay, links = [] } = driver.snapshot() ?? {};
    const fed = new Set(links.flatMap(({ parentOf }) => parentOf));
    if (relay && fed.size >= relay.stripes) return;
    await new Promise((resolve) => setTimeout(resolve, PARENTS_CHECK_MS));
  }
}
