/** Opens what a host wants to show: a screen, a camera, a microphone, a file, a stream of the application, or the test pattern. */
import { openCamera, openMicrophone } from './capture/camera-source.ts';
import { CardSource } from './capture/card-source.ts';
import { openFile } from './capture/file-source.ts';
import { openGivenStream } from './capture/given-stream.ts';
import {
  type LiveSource,
  type SourceChoice,
  SourceError,
  type SourceInfo,
  type SourceOptions,
} from './capture/live-source.ts';
import { PatternSource } from './capture/pattern-source.ts';
import { openScreen } from './capture/screen-source.ts';

export type { LiveSource, SourceChoice, SourceError, SourceOptions } from './capture/live-source.ts';
export { SourceSwitch } from './capture/source-switch.ts';

/** Asks for permission where needed. Throws SourceError, whose message is for people. */
export async function openSource(choice: SourceChoice, options: SourceOptions = {}): Promise<LiveSource> {
  if (!('VideoEncoder' in globalThis) || !('VideoDecoder' in globalThis)) {
    throw new SourceError(
      window.isSecureContext ? 'codec-unsupported' : 'insecure-page',
      window.isSecureContext
        ? 'This browser cannot encode video (it lacks WebCodecs). Use a current Chrome, Edge, Firefox or Safari.'
        : 'Browsers encode video only on pages served over https or from localhost. Open this page that way.',
    );
  }
  switch (choice.kind) {
    case 'pattern':
      return new PatternSource(options);
    case 'camera':
      return await openCamera(choice, options);
    case 'microphone':
      return await openMicrophone(choice.microphone);
    case 'screen':
      return await openScreen(options);
    case 'file':
      return await openFile(choice.file, choice.name, options);
    case 'stream':
      return openGivenStream(choice.stream, options);
  }
}

const cards = {
  paused: { heading: 'Paused', line: 'The host will be back soon' },
  'between-sources': { heading: 'One moment', line: 'The host is choosing what to show next' },
} as const;

/** What viewers see meanwhile. @param shape of what they saw before */
export const openCard = (why: keyof typeof cards, shape: Pick<SourceInfo, 'width' | 'height'>): LiveSource =>
  new CardSource(cards[why], shape);
