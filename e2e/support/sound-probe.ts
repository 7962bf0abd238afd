// Whether a page decodes sound, and whether there is anything to be heard in it: counts what comes out of the browser's decoder.

import type { BrowserContext, Page } from 'playwright';

export interface SoundReading {
  /** Decoded pieces of sound. */
  readonly decoded: number;
  /** Of these, those that are not silent. */
  readonly audible: number;
}

declare global {
  var soundProbe: SoundReading | undefined;
}

export async function addSoundProbe(context: BrowserContext): Promise<void> {
  await context.addInitScript(installProbe);
}

export async function readSound(page: Page): Promise<SoundReading> {
  return page.evaluate(() => globalThis.soundProbe ?? { decoded: 0, audible: 0 });
}

/** Refers to nothing outside itself: its text is sent into pages. */
function installProbe(): void {
  const reading = { decoded: 0, audible: 0 };
  globalThis.soundProbe = reading;
  globalThis.AudioDecoder = class extends AudioDecoder {
    constructor({ output, error }: AudioDecoderInit) {
      super({
        output: (data) => {
          const samples = new Float32Array(data.numberOfFrames);
          data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
          reading.decoded++;
          if (samples.some((sample) => Math.abs(sample) > 0.005)) reading.audible++;
          output(data);
        },
        error,
      });
    }
  };
}
