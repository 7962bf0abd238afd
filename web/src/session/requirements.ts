/** What the browser must offer before a session starts. Codecs are the media's own question. */
import { SessionError } from './session-error.ts';

/** Throws a SessionError that says what is missing, if anything is. */
export function requireBrowser(role: 'host' | 'viewer'): void {
  if (!globalThis.isSecureContext) throw new SessionError('insecure-page');
  const missing = missingPart(role);
  if (missing) throw new SessionError('unsupported-browser', { cause: new Error(`no ${missing}`) });
}

function missingPart(role: 'host' | 'viewer'): string | undefined {
  const has = (name: string): boolean => name in globalThis;
  if (!has('RTCPeerConnection')) return 'RTCPeerConnection';
  if (role === 'host')
    return (
      ['VideoEncoder', 'AudioEncoder'].find((name) => !has(name)) ??
      (has('navigator') && 'locks' in navigator ? undefined : 'Web Locks')
    );
  // Without WebCodecs, Media Source Extensions do; they have another name on iPhones.
  const plays =
    (has('VideoDecoder') && has('AudioDecoder')) || has('MediaSource') || has('ManagedMediaSource');
  return plays ? undefined : 'VideoDecoder';
}
