// The relay in real Chromium pages on loopback, without media: what one hop carries beside a bare data channel (hop-goodput.ts), what
// a swarm costs (page-swarm.ts), and the same relay beside js-libp2p gossipsub in process (in-process-swarms.ts).

import { loadavg } from 'node:os';
import { chromium } from 'playwright';
import { buildPages, testPagesFolder } from '../support/built-pages.ts';
import { chromiumFlags, findOrInstallChromium } from '../support/chromium.ts';
import { serveFolder } from '../support/static-server.ts';
import { startSupernode } from '../support/supernode.ts';
import { type HopGoodput, measureHop } from './hop-goodput.ts';
import { type InProcessRun, measureInProcess } from './in-process-swarms.ts';
import { measureSwarm, type PageSwarm } from './page-swarm.ts';
import type { Benchmark, Report } from './report.ts';
import { median, percentile, rounded } from './statistics.ts';

const targets = [
  { key: 'goodputRatio', least: 0.8 },
  { key: 'redundancy', most: 1.03 },
  { key: 'hostUploadMean', most: 2.2 },
];

export const relay: Benchmark = {
  summary: 'one hop beside a bare data channel, a swarm of pages, and js-libp2p gossipsub; some minutes',
  options: [
    { name: 'rounds', usual: 7, least: 1, most: 50, meaning: 'paired rounds of what is compared' },
    { name: 'pages', usual: 16, least: 2, most: 24, meaning: 'viewers of the swarm' },
    { name: 'seconds', usual: 20, least: 2, most: 600, meaning: 'how long the swarm is watched' },
  ],
  async run(progress, { rounds = 0, pages = 0, seconds = 0 }) {
    progress('Building the pages …');
    buildPages();
    const supernode = await startSupernode();
    const server = await serveFolder(testPagesFolder);
    try {
      const launch = () => chromium.launch({ executablePath: findOrInstallChromium(), args: chromiumFlags });
      progress('One hop beside a bare data channel …');
      let browser = await launch();
      const hop = await measureHop(browser, server.url, supernode, rounds, progress);
      await browser.close();
      progress(`A swarm of ${pages} viewers …`);
      browser = await launch();
      const swarm = await measureSwarm(browser, server.url, supernode, { viewers: pages, seconds }, progress);
      await browser.close();
      progress('The relay and gossipsub, in process …');
      const inProcess = await measureInProcess(pages, Math.min(rounds, 3), progress);
      return report(hop, swarm, inProcess, pages);
    } finally {
      server.close();
      await supernode.stop();
    }
  },
};

/** The median of what pairs of rounds say of each other. */
const ratio = (above: readonly number[], below: readonly number[]): number =>
  median(above.map((value, i) => value / (below[i] ?? Number.NaN)));

const medianOf = (runs: readonly InProcessRun[], key: keyof InProcessRun): number =>
  median(runs.map((run) => run[key]));

function report(
  hop: HopGoodput,
  swarm: PageSwarm,
  { relay: ours, gossipsub }: { readonly relay: InProcessRun[]; readonly gossipsub: InProcessRun[] },
  viewers: number,
): Report {
  const [besideOrdered, besideUnordered] = [ratio(hop.stack, hop.raw), ratio(hop.stack, hop.rawAsFrames)];
  const figures = {
    // Beside whichever bare channel did better: one that has lost packets on a busy machine can stay slow, which would flatter us.
    goodputRatio: rounded(Math.min(besideOrdered, besideUnordered), 3),
    goodputRatioOrdered: rounded(besideOrdered, 3),
    goodputRatioUnordered: rounded(besideUnordered, 3),
    goodputMegabytesPerSecond: rounded(median(hop.stack)),
    rawOrderedMegabytesPerSecond: rounded(median(hop.raw)),
    rawUnorderedMegabytesPerSecond: rounded(median(hop.rawAsFrames)),
    goodputRatioSealed: rounded(ratio(hop.stack, hop.rawSealed), 3),
    rawSealedMegabytesPerSecond: rounded(median(hop.rawSealed)),
    viewers,
    redundancy: rounded(swarm.redundancy, 4),
    hostUploadMean: rounded(swarm.hostUploadMean, 3),
    viewerUploadMax: rounded(swarm.viewerUploadMax, 3),
    depthMax: swarm.depthMax,
    deliveredRatio: rounded(swarm.deliveredRatio, 5),
    deliveredP50Ms: rounded(percentile(swarm.delaysMs, 50)),
    deliveredP99Ms: rounded(percentile(swarm.delaysMs, 99)),
    cpuPerViewerSecond: rounded(swarm.cpuPerViewerSecond, 4),
    relayRedundancy: rounded(medianOf(ours, 'redundancy'), 3),
    relayBytesPerFrame: Math.round(medianOf(ours, 'bytesPerFrame')),
    relayCpuMicrosPerFrame: Math.round(medianOf(ours, 'cpuMicrosPerFrame')),
    gossipsubRedundancy: rounded(medianOf(gossipsub, 'redundancy'), 3),
    gossipsubBytesPerFrame: Math.round(medianOf(gossipsub, 'bytesPerFrame')),
    gossipsubCpuMicrosPerFrame: Math.round(medianOf(gossipsub, 'cpuMicrosPerFrame')),
    gossipsubDeliveredRatio: rounded(medianOf(gossipsub, 'deliveredRatio'), 4),
    gossipsubCpuRatio: rounded(
      ratio(
        gossipsub.map(({ cpuMicrosPerFrame }) => cpuMicrosPerFrame),
        ours.map(({ cpuMicrosPerFrame }) => cpuMicrosPerFrame),
      ),
      2,
    ),
    loadAverage: rounded(loadavg()[0] ?? 0),
  };
  const row = (what: string, ...values: string[]) => ({ what, values });
  return {
    title: `Chromium on this machine; ${viewers} viewers at 2.5 Mbit/s; medians of ${hop.raw.length} rounds`,
    columns: ['relay', 'beside', 'ratio'],
    rows: [
      row(
        'one hop; a bare channel, reliable and ordered',
        `${figures.goodputMegabytesPerSecond} MB/s`,
        `${figures.rawOrderedMegabytesPerSecond} MB/s`,
        `${figures.goodputRatioOrdered}`,
      ),
      row(
        'one hop; a bare channel, unordered, 500 ms lifetime',
        `${figures.goodputMegabytesPerSecond} MB/s`,
        `${figures.rawUnorderedMegabytesPerSecond} MB/s`,
        `${figures.goodputRatioUnordered}`,
      ),
      row(
        'one hop; the same, packets hashed, signed and checked',
        `${figures.goodputMegabytesPerSecond} MB/s`,
        `${figures.rawSealedMegabytesPerSecond} MB/s`,
        `${figures.goodputRatioSealed}`,
      ),
      row('pages: payload received / useful', `${figures.redundancy}`),
      row('pages: host upload, mean', `${figures.hostUploadMean} ×`),
      row('pages: upload of the busiest viewer', `${figures.viewerUploadMax} ×`),
      row('pages: deepest place', `${figures.depthMax}`),
      row('pages: messages delivered', `${figures.deliveredRatio}`),
      row('pages: publish to delivery, p50', `${figures.deliveredP50Ms} ms`),
      row('pages: publish to delivery, p99', `${figures.deliveredP99Ms} ms`),
      row('pages: CPU per viewer and second', `${figures.cpuPerViewerSecond} s`),
      row(
        'in process: copies of a frame; gossipsub',
        `${figures.relayRedundancy}`,
        `${figures.gossipsubRedundancy}`,
        `${rounded(figures.gossipsubRedundancy / figures.relayRedundancy, 2)}`,
      ),
      row(
        'in process: bytes per delivered frame',
        `${figures.relayBytesPerFrame}`,
        `${figures.gossipsubBytesPerFrame}`,
        `${rounded(figures.gossipsubBytesPerFrame / figures.relayBytesPerFrame, 2)}`,
      ),
      row(
        'in process: CPU per delivered frame',
        `${figures.relayCpuMicrosPerFrame} µs`,
        `${figures.gossipsubCpuMicrosPerFrame} µs`,
        `${figures.gossipsubCpuRatio}`,
      ),
    ],
    remarks: [
      `Troubles of the hop: ${hop.troubles.join(', ') || 'none'}. Of the swarm: ${swarm.troubles.join(', ') || 'none'}.`,
      `Load average at the end: ${figures.loadAverage}. Above the number of cores, trust ratios more than the rest.`,
    ],
    figures,
    targets,
  };
}
