import { describe, expect, it } from 'vitest';
import type { LinkId, PeerId } from '../lib/ids.ts';
import { Channel, type LinkSink, type LinkTransport } from '../node/ports.ts';
import { LinkRouter } from './link-router.ts';

/** Writes down what it is asked, and lets a test report. */
class RecordingTransport implements LinkTransport {
  readonly calls: string[] = [];
  sink: LinkSink | undefined;
  attach(sink: LinkSink): void {
    this.sink = sink;
  }
  dial(link: LinkId): void {
    this.calls.push(`dial ${link}`);
  }
  accept(link: LinkId): void {
    this.calls.push(`accept ${link}`);
  }
  signal(link: LinkId): void {
    this.calls.push(`signal ${link}`);
  }
  send(link: LinkId): boolean {
    this.calls.push(`send ${link}`);
    return true;
  }
  bufferedBytes(): number {
    return 7;
  }
  close(link: LinkId): void {
    this.calls.push(`close ${link}`);
  }
}

const id = (number: number): LinkId => number as LinkId;
const PEER = 'peer' as PeerId;
const BYTES = new Uint8Array(1);

function newRouter() {
  const peers = new RecordingTransport();
  const supernodes = new RecordingTransport();
  const router = new LinkRouter(peers, supernodes);
  const reports: string[] = [];
  router.attach({
    incoming: () => id(9),
    opened: (link) => reports.push(`opened ${link}`),
    signal: (link) => reports.push(`signal ${link}`),
    received: (link, channel) => reports.push(`received ${link} ${channel}`),
    drained: (link) => reports.push(`drained ${link}`),
    closed: (link, reason) => reports.push(`closed ${link} ${reason}`),
  });
  return { peers, supernodes, router, reports };
}

describe('a link', () => {
  it('to a supernode stays with the socket transport', () => {
    const { peers, supernodes, router } = newRouter();
    router.dial(id(1), { kind: 'supernode', url: 'ws://localhost/link' });
    expect(router.send(id(1), Channel.control, BYTES)).toBe(true);
    router.close(id(1));
    expect(supernodes.calls).toEqual(['dial 1', 'send 1', 'close 1']);
    expect(peers.calls).toEqual([]);
  });

  it('to or from a peer stays with the WebRTC transport', () => {
    const { peers, supernodes, router } = newRouter();
    router.dial(id(1), { kind: 'peer', peer: PEER });
    router.accept(id(2), PEER, BYTES);
    router.signal(id(2), BYTES);
    expect(router.bufferedBytes(id(1), Channel.frames)).toBe(7);
    expect(peers.calls).toEqual(['dial 1', 'accept 2', 'signal 2']);
    expect(supernodes.calls).toEqual([]);
  });

  it('reports through the one sink, whoever carries it', () => {
    const { peers, supernodes, router, reports } = newRouter();
    router.dial(id(1), { kind: 'supernode', url: 'ws://localhost/link' });
    router.dial(id(2), { kind: 'peer', peer: PEER });
    supernodes.sink?.opened(id(1), BYTES);
    peers.sink?.received(id(2), Channel.frames, BYTES);
    expect(reports).toEqual(['opened 1', 'received 2 1']);
  });

  it('is forgotten when it closed, from either side', () => {
    const { peers, router, reports } = newRouter();
    router.dial(id(1), { kind: 'peer', peer: PEER });
    router.dial(id(2), { kind: 'peer', peer: PEER });
    router.close(id(1));
    peers.sink?.closed(id(2), 'gone');
    expect(reports).toEqual(['closed 2 gone']);
    expect(router.links).toBe(0);
    expect(router.send(id(1), Channel.control, BYTES)).toBe(false);
    expect(router.send(id(2), Channel.control, BYTES)).toBe(false);
    expect(router.bufferedBytes(id(2), Channel.control)).toBe(0);
  });
});
