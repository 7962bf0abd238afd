/** What the browser must offer before a session starts. Codecs are the media's own question. */
import { SessionError } from './session-error.ts';

/** Throws a SessionError that says what is missing, if anything is. */
export function requireBrowser(role: 'host' | 'viewer'): void {
  if (!globalThis.isSecureContext) throw new SessionError('insecure-page');
  const needed = [
    'RTCPeerConnection',
    ...(role === 'host' ? ['VideoEncoder', 'AudioEncoder'] : ['VideoDecoder', 'AudioDecoder']),
  ];
  const missing = needed.find((name) => !(name in globalThis));
  if (missing) throw new SessionError('unsupported-browser', { cause: new Error(`no ${missing}`) });
  if (role === 'host' && !('locks' in navigator)) throw new SessionError('unsupported-browser');
}
