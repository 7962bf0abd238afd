/** Why a stream cannot be shown here, for the page to say. */

type TroubleReason =
  | 'insecure-page'
  | 'no-webcodecs'
  | 'video-codec-unsupported'
  | 'audio-codec-unsupported'
  | 'decoder-failed'
  | 'player-not-loaded';

export interface Trouble {
  readonly reason: TroubleReason;
  /** For people: what happened and what to do. */
  readonly message: string;
}

/** The browser has no decoder to offer. */
export function troubleWithoutWebCodecs(): Trouble {
  return window.isSecureContext
    ? {
        reason: 'no-webcodecs',
        message:
          'This browser cannot decode live video (it has neither WebCodecs nor Media Source Extensions). Use a current Chrome, Edge, Firefox or Safari.',
      }
    : {
        reason: 'insecure-page',
        message:
          'Browsers decode live video only on pages served over https or from localhost. Open this page that way.',
      };
}
