/**
 * How programs with WebRTC end. All is closed by then, and the process usually ends by itself; but once in a while node-datachannel does not
 * tell of a connection that it has closed, and then its callbacks would keep the process alive for ever.
 */
const BY_ITSELF_WITHIN_MS = 2_000;

/** To be called last. */
export function endProcess(exitCode: number): void {
  process.exitCode = exitCode;
  // Not held on to: it fires only where something else keeps the process alive.
  setTimeout(() => process.exit(exitCode), BY_ITSELF_WITHIN_MS).unref();
}
