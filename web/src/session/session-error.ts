/** The one error that sessions raise: a reason for programs, and a message for people that says what happened and what to do. */
import { IdentityError } from '../platform/web-crypto.ts';

export type SessionErrorReason =
  | 'insecure-page'
  | 'unsupported-browser'
  | 'no-webrtc'
  | 'already-hosting'
  | 'storage-refused'
  | 'no-supernode'
  | 'signed-twice'
  | 'source-failed'
  | 'bad-link'
  | 'bad-supernode'
  | 'bad-source'
  | 'bad-option'
  | 'unexpected';

const messages: Readonly<Record<SessionErrorReason, string>> = {
  'insecure-page':
    'Browsers allow streaming only on secure pages, and this one came over plain http. Open it over https, or on the computer of the supernode as http://localhost. For a local network, its operator can start the supernode with --tls-self-signed.',
  'unsupported-browser':
    'This browser lacks something that streaming needs (WebCodecs, or to watch at least Media Source Extensions). Use a current Chrome, Edge, Firefox or Safari.',
  'no-webrtc':
    'WebRTC is switched off in this browser, and viewers reach each other through nothing else. Allow it in the settings, or in the extension that blocks it, and reload the page; or use another browser.',
  'already-hosting':
    'You are already live in another tab of this browser. End the stream there first, or go on in that tab.',
  'storage-refused':
    'The browser refuses to keep data for this page, so your stream would have no lasting link. Allow site data, or leave private browsing, and try again.',
  'no-supernode':
    'The supernode that introduces viewers did not answer. Check your connection and that the supernode is running, then try again.',
  'signed-twice':
    'Your stream was stopped: two different versions of it were signed with your key. If you are live in another window or on another computer with the same data, end one of them, then go live again. The link stays good.',
  'source-failed': 'The source stopped. Choose it again or pick another one.',
  'bad-link': 'This is no link to a stream. Copy it again in full.',
  'bad-supernode':
    'This is no address of a supernode. It looks like https://live.example, or like wss://live.example/link.',
  'bad-source':
    'This is nothing that can be shown. Give “pattern”, “camera”, “microphone” or “screen”, a video or sound file, or a MediaStream.',
  'bad-option': 'One of the options is none. The types of the package say what each may be.',
  unexpected: 'Something went wrong that should not have. Reload the page and try again.',
};

export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly reason: SessionErrorReason;

  /** @param message replaces the standard words of the reason, when the cause knows better ones. */
  constructor(reason: SessionErrorReason, options: { cause?: unknown; message?: string } = {}) {
    super(options.message ?? messages[reason], { cause: options.cause });
    this.reason = reason;
  }

  /** Passes a SessionError through and wraps anything else under `reason`. */
  static from(cause: unknown, reason: SessionErrorReason = 'unexpected'): SessionError {
    return cause instanceof SessionError ? cause : new SessionError(reason, { cause });
  }
}

/** What kept a page from having a key. The platform's own errors already speak to people: their words are kept. */
export function identityFailure(cause: unknown, otherwise: SessionErrorReason = 'unexpected'): SessionError {
  if (!(cause instanceof IdentityError)) return SessionError.from(cause, otherwise);
  const reason = cause.reason === 'insecure-context' ? 'insecure-page' : 'unsupported-browser';
  return new SessionError(reason, { cause, message: cause.message });
}
