/** Every cap of the media room, in one place: what a host's messages can make a viewer hold, and what a source may queue. */
export const mediaLimits = {
  /** Bytes of one codec string; the longest that browsers know (AV1 with colour) has 33. */
  codecBytesMax: 64,
  /** Bytes of a decoder description (avcC, AudioSpecificConfig, OpusHead). */
  descriptionBytesMax: 4_096,
  /** Width and height of a picture, in pixels. */
  pictureSideMax: 8_192,
  /** Sample rates that an AudioContext must support (Web Audio 1.1, BaseAudioContext), in Hz. */
  sampleRateMin: 8_000,
  sampleRateMax: 96_000,
  /** Channels of one audio track. */
  channelsMax: 8,
  /** Audio packets in one message. */
  bundlePacketsMax: 16,
  /** Encoded video packets that wait for the decoder, and their bytes. Past either the player waits for the next start. */
  undecodedPacketsMax: 900,
  undecodedBytesMax: 32 * 1024 * 1024,
  /** Packets handed to the decoder and, as far as the page has heard, not yet taken up by it. */
  decoderQueueMax: 8,
  /** Decoded pictures that wait for their time. Few: a hardware decoder has a small pool and stands still when it is empty. */
  decodedPicturesMax: 6,
  /** Packets whose times are remembered until their picture comes out of the decoder. */
  packetTimesMax: 64,
  /** Sound scheduled ahead, in AudioBufferSourceNodes of about 20 ms. */
  scheduledSoundsMax: 128,
  /** Frames that a live encoder may hold; more are dropped before encoding. */
  encoderQueueMax: 4,
  /** Packets of a file that are read ahead of their time. */
  fileReadAheadPacketsMax: 120,
} as const;
