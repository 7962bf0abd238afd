/** The monitor cannot be run as told: its token, or its history on disk. `message` says what to do. */
export class MonitorError extends Error {
  override readonly name = 'MonitorError';
}
