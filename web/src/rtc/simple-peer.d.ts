/**
 * What the page uses of simple-peer 9.11.1, its minified build. Declared here because the published types bring Node's globals
 * into a browser program and do not know the two private fields that are needed for a second channel.
 */
declare module 'simple-peer/simplepeer.min.js' {
  /** What one end wants carried to the other. */
  type SignalData =
    | { readonly type: 'offer' | 'answer'; readonly sdp: string }
    | { readonly type: 'candidate'; readonly candidate: RTCIceCandidateInit };

  interface PeerOptions {
    readonly initiator: boolean;
    readonly trickle: boolean;
    readonly config: RTCConfiguration;
    readonly channelName: string;
    readonly channelConfig: RTCDataChannelInit;
  }

  export default class Peer {
    constructor(options: PeerOptions);
    /** Undefined if the browser refused to make one; null once destroyed. */
    readonly _pc: RTCPeerConnection | null | undefined;
    readonly _channel: RTCDataChannel | null | undefined;
    signal(data: SignalData): void;
    destroy(): void;
    on(event: 'signal', listener: (data: unknown) => void): this;
    on(event: 'error', listener: (error: Error & { readonly code?: string }) => void): this;
    on(event: 'close', listener: () => void): this;
  }
}
