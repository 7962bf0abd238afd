/** The answer of the gateway: exactly these six keys, whatever was asked (thesis 3.5.3). */
export interface GatewayAnswer {
  readonly Success: boolean;
  /** Names the instance at this gateway; nothing to do with its id in the network. */
  readonly InstanceID: string;
  /** Where a supernode that was started listens. A WebRTC node has no TCP server: 0. */
  readonly TCPServerPort: number;
  /** Where messages go in (host) and come out (join), on loopback. */
  readonly UDPServerPort: number;
  /** The stream's id. */
  readonly ResourceID: string;
  /** Bytes of the largest message of the stream. */
  readonly MaxResourceSize: number;
}

/** The thesis' default of every key: what was not done. */
export const emptyAnswer: GatewayAnswer = {
  Success: false,
  InstanceID: '',
  TCPServerPort: 0,
  UDPServerPort: 0,
  ResourceID: '',
  MaxResourceSize: 0,
};
