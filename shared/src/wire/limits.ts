/**
 * Every limit of the protocol, in one place (PROTOCOL.md, section Limits). A message over one of these does not decode;
 * a table over one of these forgets its oldest entry or refuses the newest.
 */
export const limits = {
  /** Bytes of one packet: one data-channel send, or one WebSocket message. */
  packetBytesMax: 16 * 1024,
  /** Bytes of payload in one frame: a packet less the frame's header and signature. */
  framePayloadBytesMax: 16 * 1024 - 128,
  /** Bytes of one message that an application hands over. */
  messageBytesMax: 4 * 1024 * 1024,
  /** Messages in one bundle. */
  bundleMessagesMax: 1_024,
  /** Stripes of one stream. */
  stripesMax: 16,
  /** Votes that a host may ask for before an unsigned frame is believed: no node has many more neighbours. */
  minVotesMax: 16,
  /** Ids on a path from the host: deeper trees are refused. */
  pathIdsMax: 32,
  /** Hash votes in one packet. */
  votesPerPacketMax: 256,
  /** Frames of one window, for which a vote digest stands. */
  voteWindowFrames: 16,
  /** Frames asked for in one packet. */
  pullSeqsMax: 64,
  /** Peers that a refusal may suggest. */
  alternativesMax: 8,
  /** Places in a stripe's tree that one message names. */
  vacanciesMax: 8,
  /** The largest number in a census. */
  countMax: 1_000_000,
  /** Membership records in one packet. */
  recordsPerPacketMax: 64,
  /** (id, version) pairs in one summary. */
  summaryEntriesMax: 500,
  /** Nodes in one request for records or link lists. */
  wantedEntriesMax: 256,
  /** Nodes in one announcement of news. */
  newsPerPacketMax: 256,
  /** Link lists in one packet. */
  linkListsPerPacketMax: 64,
  /** Links that one node lists. */
  linkTagsMax: 256,
  /** Supernodes that a record names. */
  supernodesPerRecordMax: 4,
  /** Nodes on the way of a signal through the mesh, the way still ahead included. */
  routeIdsMax: 8,
  /** Bytes of the opaque payload of one signal. */
  signalBytesMax: 12 * 1024,
  /** Supernodes that one names when it stops. */
  alternateUrlsMax: 4,
  /** STUN and TURN servers that a supernode names. */
  iceServersMax: 8,
  /** Bytes of an address, of a user name or of a credential in those. */
  urlBytesMax: 200,
  /** UTF-8 bytes of a stream's title. */
  titleBytesMax: 96,
  /** Links of one node. */
  linksMax: 20,
  /** Frames past the delivery cursor that a node will hold. */
  framesAheadMax: 8_192,
  /** Bytes that wait at the gate of one link for hashes and signatures. */
  gateBytesMax: 4 * 1024 * 1024,
} as const;
