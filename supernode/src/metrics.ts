/**
 * Figures for Prometheus, read when they are asked for, on a port of their own: they are the operator's, not the visitors'. A label
 * only ever takes words of our own, and at most {@link LABELS_MAX} of them; the rest counts as “other”.
 */
import { createServer, type Server } from 'node:http';
import type { SupernodeSnapshot } from '@murmuration/shared/node/supernode-settings.ts';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { SocketTransportSnapshot } from './socket-transport.ts';

export interface MetricsSources {
  readonly version: string;
  sockets(): SocketTransportSnapshot;
  /** Undefined before it has started. */
  node(): SupernodeSnapshot | undefined;
  ready(): boolean;
  /** Pages that show the monitor. */
  monitors(): number;
  /** Answers of plain HTTP, by status. */
  answers(): Readonly<Record<string, number>>;
  /** See {@link redirectHistogram}. */
  readonly redirects: Histogram;
}

const LABELS_MAX = 40;
const PREFIX = 'murmuration_';

/** A number that goes up and down, and one that only goes up. */
type Read = (sources: MetricsSources) => number | undefined;
const gauges: Readonly<Record<string, readonly [help: string, read: Read]>> = {
  ready: ['1 while newcomers are taken.', ({ ready }) => (ready() ? 1 : 0)],
  sockets: ['WebSockets that others opened.', ({ sockets }) => sockets().connections],
  sockets_dialed: ['WebSockets to other supernodes that this one opened.', ({ sockets }) => sockets().dialed],
  buffered_bytes: ['Bytes that wait for slow receivers.', ({ sockets }) => sockets().bufferedBytes],
  monitors: ['Pages that show the monitor.', ({ monitors }) => monitors()],
  links: ['Links whose other end has said who it is.', ({ node }) => node()?.connections],
  supernode_links: ['Of these, to other supernodes.', ({ node }) => node()?.supernodes],
  supernodes_listed: [
    'Other supernodes on the list (--peer, --peer-id).',
    ({ node }) => node()?.listed.length,
  ],
  streams: ['Streams in the net graph.', ({ node }) => node()?.streams],
  records: ['Membership records in the net graph.', ({ node }) => node()?.records],
};
const counters: Readonly<Record<string, readonly [help: string, read: Read]>> = {
  sockets_opened_total: ['Links that opened, both ways.', ({ sockets }) => sockets().opened],
  packets_in_total: ['Packets received.', ({ sockets }) => sockets().packetsIn],
  packets_out_total: ['Packets sent.', ({ sockets }) => sockets().packetsOut],
  packets_dropped_total: ['Packets not sent: slow receivers.', ({ sockets }) => sockets().packetsDropped],
  signals_forwarded_total: ['Signals passed on.', ({ node }) => node()?.signalsForwarded],
  signals_to_supernodes_total: [
    'Of these, to members of other supernodes.',
    ({ node }) => node()?.trunkSignalsOut,
  ],
  signals_from_supernodes_total: [
    'Of these, brought by other supernodes.',
    ({ node }) => node()?.trunkSignalsIn,
  ],
  signals_failed_total: ['Signals answered with a failure.', ({ node }) => node()?.signalsFailed],
  redirects_total: ['Redirect requests answered.', ({ node }) => node()?.redirects],
};
type ReadMany = (sources: MetricsSources) => Readonly<Record<string, number>> | undefined;
const labelled: Readonly<Record<string, readonly [help: string, label: string, read: ReadMany]>> = {
  sockets_refused_total: ['Upgrades refused.', 'reason', ({ sockets }) => sockets().refused],
  sockets_ended_total: ['WebSockets that ended.', 'reason', ({ sockets }) => sockets().ended],
  rejected_total: ['What the node turned away.', 'reason', ({ node }) => node()?.rejected],
  http_answers_total: ['Answers of plain HTTP.', 'status', ({ answers }) => answers()],
};

/** 1 or 0 for each supernode that the operator listed. */
const upById: ReadMany = ({ node }) =>
  Object.fromEntries((node()?.listed ?? []).map(({ id, up }) => [id, up ? 1 : 0]));

/** How long answers to newcomers take, s. */
export const redirectHistogram = (): Histogram =>
  new Histogram({
    name: `${PREFIX}redirect_seconds`,
    help: 'From a redirect request read from its socket to the answer written, in this process.',
    buckets: [50, 100, 200, 300, 500, 750, 1_000, 2_000, 5_000, 10_000, 50_000, 250_000].map(
      (us) => us / 1e6,
    ),
    registers: [],
  });

export function createMetrics(sources: MetricsSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  registry.registerMetric(sources.redirects);
  new Gauge({
    name: `${PREFIX}info`,
    help: 'The version that runs.',
    labelNames: ['version'],
    registers,
  }).set({ version: sources.version }, 1);
  for (const [name, [help, read]] of Object.entries(gauges)) {
    new Gauge({
      name: PREFIX + name,
      help,
      registers,
      collect() {
        this.set(read(sources) ?? 0);
      },
    });
  }
  for (const [name, [help, read]] of Object.entries(counters)) {
    new Counter({
      name: PREFIX + name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(Math.max(0, read(sources) ?? 0));
      },
    });
  }
  new Gauge({
    name: `${PREFIX}supernode_up`,
    help: '1 while there is a link with a listed supernode.',
    labelNames: ['id'],
    registers,
    collect() {
      this.reset();
      for (const [id, up] of Object.entries(upById(sources) ?? {})) this.set({ id }, up);
    },
  });
  for (const [name, [help, label, read]] of Object.entries(labelled)) {
    new Counter({
      name: PREFIX + name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(bounded(read(sources) ?? {})))
          this.inc({ [label]: value }, count);
      },
    });
  }
  return registry;
}

function bounded(counts: Readonly<Record<string, number>>): Record<string, number> {
  const entries = Object.entries(counts);
  const kept = entries.slice(0, LABELS_MAX);
  const rest = entries.slice(LABELS_MAX).reduce((sum, [, count]) => sum + count, 0);
  return Object.fromEntries(rest === 0 ? kept : [...kept, ['other', rest]]);
}

/** Answers `/metrics` only; not yet listening. */
export function createMetricsServer(registry: Registry): Server {
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.maxConnections = 16;
  return server;
}
