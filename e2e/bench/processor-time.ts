// What all processes of a browser use of processors, those included that come and go meanwhile.

import type { Browser } from 'playwright';

export class ProcessorTime {
  readonly #browser: Browser;
  /** In seconds, by process. */
  #last: ReadonlyMap<number, number>;
  #seconds = 0;

  private constructor(browser: Browser, last: ReadonlyMap<number, number>) {
    this.#browser = browser;
    this.#last = last;
  }

  /** Counts from now on. */
  static async from(browser: Browser): Promise<ProcessorTime> {
    return new ProcessorTime(browser, await secondsByProcess(browser));
  }

  /** Seconds used since then. What a process that has ended used after the last look is not in it. */
  async look(): Promise<number> {
    const now = await secondsByProcess(this.#browser);
    for (const [id, seconds] of now) this.#seconds += seconds - (this.#last.get(id) ?? 0);
    this.#last = now;
    return this.#seconds;
  }
}

async function secondsByProcess(browser: Browser): Promise<Map<number, number>> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return new Map(processInfo.map(({ id, cpuTime }) => [id, cpuTime]));
}
