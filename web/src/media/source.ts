/** Opens what a host wants to show: the test pattern, a camera, or a file. */
import { openCamera } from './capture/camera-source.ts';
import { openFile } from './capture/file-source.ts';
import {
  type LiveSource,
  type SourceChoice,
  SourceError,
  type SourceOptions,
} from './capture/live-source.ts';
import { PatternSource } from './capture/pattern-source.ts';

export {
  type LiveSource,
  type SourceChoice,
  SourceError,
  type SourceOptions,
} from './capture/live-source.ts';

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
      return await openCamera(options);
    case 'file':
      return await openFile(choice.file, choice.name);
  }
}
