// How far a page's clock is from this program's. Pages of one machine share its clock, but each process takes the time of day at
// its start, so they may differ a little. Asked many times: the quickest answer has the least error, at most half its round trip.

const ASKED_TIMES = 40;

/** A page of either driver. */
export interface AskedPage {
  evaluate(read: () => number): Promise<number>;
}

const nowMs = (): number => performance.timeOrigin + performance.now();

/** The page's clock minus this program's, in ms. */
export async function clockOffset(page: AskedPage): Promise<number> {
  let offsetMs = 0;
  let quickestMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ASKED_TIMES; i++) {
    const sentMs = nowMs();
    const thereMs = await page.evaluate(() => performance.timeOrigin + performance.now());
    const tripMs = nowMs() - sentMs;
    if (tripMs >= quickestMs) continue;
    quickestMs = tripMs;
    offsetMs = thereMs - (sentMs + tripMs / 2);
  }
  return offsetMs;
}
