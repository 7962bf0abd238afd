/** Says on stderr how far a long run is: a line that is written over where a person looks on, else one now and then. */

const TERMINAL_EVERY_MS = 500;
const LOG_EVERY_MS = 30_000;

/** @param eventsRun all events until now */
export type ProgressListener = (elapsedSeconds: number, totalSeconds: number, eventsRun: number) => void;

/** What the stream of a process is asked for. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class RunProgress {
  readonly #output: ProgressOutput;
  readonly #nowMs: () => number;
  #shown = { atMs: 0, elapsedSeconds: 0, eventsRun: 0 };

  constructor(output: ProgressOutput = process.stderr, nowMs: () => number = () => performance.now()) {
    this.#output = output;
    this.#nowMs = nowMs;
    this.#shown.atMs = nowMs();
  }

  /** The pace is that since the last line: a run is slower while all join. */
  readonly tell: ProgressListener = (elapsedSeconds, totalSeconds, eventsRun) => {
    const { isTTY = false } = this.#output;
    const atMs = this.#nowMs();
    const seconds = (atMs - this.#shown.atMs) / 1_000;
    if (seconds * 1_000 < (isTTY ? TERMINAL_EVERY_MS : LOG_EVERY_MS)) return;
    const eventsPerSecond = Math.round((eventsRun - this.#shown.eventsRun) / seconds);
    const pace = (elapsedSeconds - this.#shown.elapsedSeconds) / seconds;
    this.#shown = { atMs, elapsedSeconds, eventsRun };
    const done = `${elapsedSeconds.toFixed(0)} of ${totalSeconds.toFixed(0)} s simulated`;
    const left = inWords((totalSeconds - elapsedSeconds) / pace);
    const line = `${done}, ${eventsPerSecond} events a second, about ${left} left`;
    this.#output.write(isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  };

  end(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\u001b[K');
  }
}

function inWords(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 2 ? `${Math.max(0, seconds).toFixed(0)} s` : `${minutes} min`;
}
