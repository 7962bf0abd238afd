/** How loud a microphone or a shared tab is: the peak of the last moments, in steps as the ear hears them. */

/** Silence, as far as a meter is concerned. */
const FLOOR_DB = -60;
/** About 43 ms at 48 kHz: a meter that is read ten times a second misses no word. */
const WINDOW_SAMPLES = 2_048;

/** 0 for −60 dB of full scale or less, 1 for full scale; linear in decibels. */
export function levelOf(samples: Float32Array): number {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  const decibels = 20 * Math.log10(Math.max(peak, 1e-6));
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}

export class LevelMeter {
  readonly #context: AudioContext;
  readonly #analyser: AnalyserNode;
  readonly #samples = new Float32Array(WINDOW_SAMPLES);

  constructor(stream: MediaStream) {
    this.#context = new AudioContext();
    this.#analyser = new AnalyserNode(this.#context, { fftSize: WINDOW_SAMPLES });
    new MediaStreamAudioSourceNode(this.#context, { mediaStream: stream }).connect(this.#analyser);
  }

  /** Undefined while the browser keeps sound from running. */
  read(): number | undefined {
    if (this.#context.state !== 'running') {
      this.#context.resume().catch(() => undefined);
      return undefined;
    }
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return levelOf(this.#samples);
  }

  stop(): void {
    this.#context.close().catch(() => undefined);
  }
}
