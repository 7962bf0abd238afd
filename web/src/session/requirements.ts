/** What the browser must offer before a session starts. Codecs are the media's own question. */
import { SessionError, type SessionErrorReason } from './session-error.ts';

/** Throws a SessionError that says what is missing, if anything is. */
export function requireBrowser(role: 'host' | 'viewer'): void {
  const lack = whatIsMissing(role, globalThis);
  if (lack) throw new SessionError(lack.reason, { cause: new Error(`no ${lack.name}`) });
}

interface Lack {
  readonly reason: SessionErrorReason;
  readonly name: string;
}

/** @param browser its globals; tests have others */
export function whatIsMissing(role: 'host' | 'viewer', browser: object): Lack | undefined {
  const { isSecureContext, RTCPeerConnection, navigator } = browser as Partial<typeof globalThis>;
  const has = (name: string): boolean => name in browser;
  if (!isSecureContext) return { reason: 'insecure-page', name: 'secure context' };
  if (!RTCPeerConnection || !canConstruct(RTCPeerConnection))
    return { reason: 'no-webrtc', name: 'RTCPeerConnection' };
  const unsupported = (name: string): Lack => ({ reason: 'unsupported-browser', name });
  if (role === 'host') {
    const missing = ['VideoEncoder', 'AudioEncoder'].find((name) => !has(name));
    if (missing) return unsupported(missing);
    return navigator && 'locks' in navigator ? undefined : unsupported('locks');
  }
  // Without WebCodecs, Media Source Extensions do; on iPhones they have another name.
  const plays =
    (has('VideoDecoder') && has('AudioDecoder')) || has('MediaSource') || has('ManagedMediaSource');
  return plays ? undefined : unsupported('VideoDecoder');
}

/** Extensions and policies leave the class in place and make it throw. */
function canConstruct(Connection: typeof RTCPeerConnection): boolean {
  try {
    new Connection().close();
    return true;
  } catch {
    return false;
  }
}
