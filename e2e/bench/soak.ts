// A stream that runs on while its audience changes, in real Chromium pages on loopback: a host and eight viewers, of whom half stay
// from first to last; of the others one leaves every 20 seconds, chosen by the seed, and a newcomer follows the link at once.
//
// All pages draw without a graphics card, in one process of one machine: scaling the pictures up to large windows takes time that real
// viewers, each with a screen and a machine of their own, do not share. So windows are small (WINDOW); every picture is decoded and painted,
// and shown in the window, as in a large one.
//
// A newcomer's tab is open, and empty, before it follows the link, as people's browsers are: to start a browser's processes for a tab takes
// 0.65 s of processor time (of 2.6 s that a viewer who joins takes in its first 5 s), which would be that of the new viewer's own machine.
//
// Stalls are those that the players themselves count and show, of everyone for as long as they were there, after a minute of
// warming up; after each minute a line for each says what else happened then (`stall-stories.ts`). Memory is what a page with its workers
// holds (`page-memory.ts`) after garbage was collected, at the end of the minute of warming up and at the end of the run, of the host and of
// those who stayed; at each of the two the least of some looks, since frames under way come and go: a megabyte, from one look to the next.
// The code that the browser compiled of the page's scripts is a part of it that does not leak, but grows for minutes, most of all in the
// first few: growth is told with it and without it. Connections are counted by a script around the browser's
// constructor, and held against what the page itself says that it has; leaked are those too many at every one of some looks at the end, so
// that one being set up or taken down is none.

import { type Browser, chromium, type Page } from 'playwright';
import { buildPages } from '../support/built-pages.ts';
import { chromiumFlags, findOrInstallChromium } from '../support/chromium.ts';
import { countConnections, readOpenConnections } from '../support/connection-counter.ts';
import { noteHiccups, readHiccups } from '../support/hiccups.ts';
import { HostPage } from '../support/host-page.ts';
import type { PeerPage } from '../support/peer-page.ts';
import { startSupernode } from '../support/supernode.ts';
import { ViewerPage } from '../support/viewer-page.ts';
import { codeBytes, type HeldBytes, heldBytes, totalBytes } from './page-memory.ts';
import { ProcessorTime } from './processor-time.ts';
import type { Benchmark, Progress, Report } from './report.ts';
import { seededPicks } from './seeded-random.ts';
import { type Connections, type Memory, soakReport } from './soak-report.ts';
import { type Change, type Noted, OwnTimer, stallStories } from './stall-stories.ts';
import { sleep } from './statistics.ts';

const VIEWERS = 8;
/** In CSS pixels: pictures show in their own size. Scaled up in windows of 1280 × 800 they took twice as much time of the compositor. */
const WINDOW = { width: 696, height: 520 };
const CHANGE_EVERY_MS = 20_000;
/** The next newcomer's tab opens so long before it is used. */
const TAB_AHEAD_MS = 8_000;
const MINUTE_MS = 60_000;
const WARM_UP_MS = MINUTE_MS;
/** Of connections, at the end of the run; and of memory, at each end of it. */
const LOOKS = 4;
const MEMORY_LOOKS = 10;
const LOOK_EVERY_MS = 1_000;
/** After its memory was looked at a page plays on; what it had stood still for is not counted. */
const RECOVER_MS = 5_000;
/** Connections of the last one who left have been given up by then. */
const SETTLE_MS = 20_000;
const PICTURE_WITHIN_MS = 60_000;

export const soak: Benchmark = {
  summary: 'a stream while viewers come and go: stalls, growth of memory, leaked connections; 10 minutes',
  options: [
    { name: 'minutes', usual: 10, least: 2, most: 600, meaning: 'length, the first minute to warm up' },
    {
      name: 'viewers',
      usual: VIEWERS,
      least: 2,
      most: 50,
      meaning: 'who watch at a time; the target is for 8',
    },
    { name: 'seed', usual: 1, least: 0, most: 2 ** 32 - 1, meaning: 'draws who leaves' },
  ],
  async run(progress, { minutes = 10, viewers = VIEWERS, seed = 1 }) {
    progress('Building the page …');
    buildPages();
    const supernode = await startSupernode();
    const browser = await chromium.launch({ executablePath: findOrInstallChromium(), args: chromiumFlags });
    let audience: Audience | undefined;
    try {
      audience = await Audience.gather(browser, supernode.url, viewers, progress);
      return await run(audience, minutes * MINUTE_MS, seed, progress);
    } finally {
      audience?.end();
      await browser.close();
      await supernode.stop();
    }
  },
};

async function prepare(page: Page): Promise<void> {
  await countConnections(page);
  await noteHiccups(page);
}

interface Spectator {
  readonly viewer: ViewerPage;
  /** Counts up, for people. */
  readonly number: number;
  readonly stays: boolean;
  /** At the last look. */
  stalls: number;
  lostFrames: number;
  lookedAtMs: number;
}

/** A host and those who watch, with what has happened to them. */
class Audience {
  readonly #browser: Browser;
  readonly host: HostPage;
  #spectators: Spectator[] = [];
  #processorTime: ProcessorTime;
  #countedSinceMs = performance.now();
  stalls = 0;
  lostFrames = 0;
  /** Of all viewers together. */
  watchedMs = 0;
  changes = 0;
  /** Since the last stories were told. */
  #noted: Noted[] = [];
  #moves: Change[] = [];
  readonly #timer = new OwnTimer();
  #came = 0;
  /** Where the next newcomer will watch. */
  #tab: ViewerPage | undefined;
  /** Of the machine, by the whole browser. */
  processorsUsed = 0;

  private constructor(browser: Browser, host: HostPage, processorTime: ProcessorTime) {
    this.#browser = browser;
    this.host = host;
    this.#processorTime = processorTime;
  }

  static async gather(
    browser: Browser,
    origin: string,
    viewers: number,
    progress: Progress,
  ): Promise<Audience> {
    progress(`A host and ${viewers} viewers …`);
    const host = await HostPage.goLive(browser, origin, {
      title: 'Soak',
      observed: false,
      viewport: WINDOW,
      prepare,
    });
    // The first look puts Playwright's own script into a page: no growth of ours.
    await host.figures();
    const audience = new Audience(browser, host, await ProcessorTime.from(browser));
    while (audience.size < viewers) await audience.#join(audience.size < viewers / 2);
    return audience;
  }

  get size(): number {
    return this.#spectators.length;
  }

  get machineStoodMs(): number {
    return this.#timer.longestMs;
  }

  get staying(): readonly ViewerPage[] {
    return this.#spectators.filter(({ stays }) => stays).map(({ viewer }) => viewer);
  }

  get pages(): readonly PeerPage[] {
    return [this.host, ...this.#spectators.map(({ viewer }) => viewer)];
  }

  /** For the next newcomer. */
  async openTab(): Promise<ViewerPage> {
    this.#tab ??= await ViewerPage.inNewTab(this.#browser, { observed: false, viewport: WINDOW, prepare });
    return this.#tab;
  }

  async #join(stays: boolean): Promise<void> {
    const viewer = await this.openTab();
    this.#tab = undefined;
    this.#moved(`${++this.#came} came`);
    await viewer.follow(this.host.link);
    const painted = viewer.page.locator('canvas[data-painted]:not([data-painted="0"])');
    await painted.waitFor({ timeout: PICTURE_WITHIN_MS });
    await viewer.page.getByText('Pictures painted').waitFor();
    const spectator = { viewer, number: this.#came, stays, stalls: 0, lostFrames: 0, lookedAtMs: 0 };
    await look(spectator);
    this.#spectators.push(spectator);
  }

  /** One goes, and then another comes: there are never more than there should be. */
  async change(pick: (below: number) => number): Promise<void> {
    const mayLeave = this.#spectators.filter(({ stays }) => !stays);
    const leaving = mayLeave[pick(mayLeave.length)];
    if (leaving) {
      await this.#count([leaving]);
      await this.#note(leaving);
      this.#moved(`${leaving.number} left`);
      await leaving.viewer.close();
    }
    this.#spectators = this.#spectators.filter((spectator) => spectator !== leaving);
    await this.#join(false);
    this.changes++;
  }

  /** Adds up what has happened to each viewer since the last look at it. */
  async count(): Promise<void> {
    await this.#count(this.#spectators);
  }

  async #count(spectators: readonly Spectator[]): Promise<void> {
    for (const spectator of spectators) {
      const { stalls, lostFrames, lookedAtMs } = spectator;
      await look(spectator);
      this.stalls += spectator.stalls - stalls;
      this.lostFrames += spectator.lostFrames - lostFrames;
      this.watchedMs += spectator.lookedAtMs - lookedAtMs;
    }
    const usedMs = 1_000 * (await this.#processorTime.look());
    this.processorsUsed = usedMs / (performance.now() - this.#countedSinceMs);
  }

  /** What happened around each stall since the last time. */
  async stories(): Promise<string[]> {
    this.#noted.push({ where: 'host', hiccups: await readHiccups(this.host.page) }, this.#timer.take());
    for (const spectator of this.#spectators) await this.#note(spectator);
    return stallStories(this.#noted.splice(0), this.#moves.splice(0));
  }

  async #note({ number, viewer }: Spectator): Promise<void> {
    this.#noted.push({ where: String(number), hiccups: await readHiccups(viewer.page) });
  }

  #moved(what: string): void {
    this.#moves.push({ atMs: Date.now(), what });
  }

  end(): void {
    this.#timer.stop();
  }

  /** Counting begins now. */
  async reset(): Promise<void> {
    await this.count();
    this.stalls = this.lostFrames = this.watchedMs = this.changes = 0;
    await this.stories();
    this.#processorTime = await ProcessorTime.from(this.#browser);
    this.#countedSinceMs = performance.now();
  }
}

async function look(spectator: Spectator): Promise<void> {
  const figures = await spectator.viewer.figures();
  spectator.stalls = figures.get('Stalls')?.value ?? Number.NaN;
  spectator.lostFrames = figures.get('Frames lost')?.value ?? Number.NaN;
  spectator.lookedAtMs = performance.now();
}

async function run(audience: Audience, lengthMs: number, seed: number, progress: Progress): Promise<Report> {
  const pick = seededPicks(seed);
  const changeUntil = async (untilMs: number): Promise<void> => {
    while (performance.now() < untilMs) {
      const nextMs = Math.min(performance.now() + CHANGE_EVERY_MS, untilMs);
      await audience.change(pick);
      await sleep(nextMs - TAB_AHEAD_MS - performance.now());
      await audience.openTab();
      await sleep(nextMs - performance.now());
    }
  };
  progress('A minute to warm up …');
  await changeUntil(performance.now() + WARM_UP_MS);
  // What pages have noted of hiccups by then is no memory of theirs.
  await audience.stories();
  const before = await memoryOf(audience);
  await audience.reset();
  const fromMs = performance.now();
  const watchMs = lengthMs - WARM_UP_MS;
  for (let watchedMs = 0; watchedMs < watchMs; ) {
    watchedMs = Math.min(watchedMs + MINUTE_MS, watchMs);
    await changeUntil(fromMs + watchedMs);
    await audience.count();
    const minute = Math.round((WARM_UP_MS + watchedMs) / MINUTE_MS);
    progress(
      `Minute ${minute}: ${audience.changes} came and went, ${audience.stalls} stalls, ${audience.lostFrames} frames lost`,
    );
    for (const story of await audience.stories()) progress(`  ${story}`);
  }
  await sleep(SETTLE_MS);
  await audience.count();
  const connections = await connectionsOf(audience.pages);
  await audience.stories();
  const after = await memoryOf(audience);
  return soakReport(audience, { before, after }, connections, lengthMs);
}

/** Of the host and of each viewer that stays. */
async function memoryOf({ host, staying }: Audience): Promise<Memory[]> {
  const pages = [host, ...staying];
  const held = await Promise.all(pages.map(leastHeld));
  // One after the other, because each stands still for that.
  const code: number[] = [];
  for (const { page } of pages) code.push(await codeBytes(page));
  await sleep(RECOVER_MS);
  return held.map((bytes, i) => ({
    held: bytes,
    usedBytes: totalBytes(bytes),
    codeBytes: code[i] ?? Number.NaN,
  }));
}

async function leastHeld({ page }: PeerPage): Promise<HeldBytes> {
  let least = await heldBytes(page);
  for (let i = 1; i < MEMORY_LOOKS; i++) {
    await sleep(LOOK_EVERY_MS);
    const held = await heldBytes(page);
    if (totalBytes(held) < totalBytes(least)) least = held;
  }
  return least;
}

async function connectionsOf(peers: readonly PeerPage[]): Promise<Connections> {
  const counted = await Promise.all(
    peers.map(async (peer) => {
      let open = 0;
      let leaked = Number.POSITIVE_INFINITY;
      for (let i = 0; i < LOOKS; i++) {
        open = await readOpenConnections(peer.page);
        leaked = Math.min(leaked, open - (await peer.links()));
        await sleep(LOOK_EVERY_MS);
      }
      return { open, leaked: Math.max(0, leaked) };
    }),
  );
  const sum = (key: keyof Connections): number => counted.reduce((total, one) => total + one[key], 0);
  return { open: sum('open'), leaked: sum('leaked') };
}
