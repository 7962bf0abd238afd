/**
 * Milliseconds since 1970 with sub-millisecond steps, monotonic while the page lives. Capture times in messages and the
 * time code in the test pattern are taken from it, so that their difference to a viewer's clock is a delay.
 */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}
