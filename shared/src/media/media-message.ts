/**
 * The application's messages of a stream: what `publish` carries from a host's encoder to a viewer's decoder. Every key
 * message is a `start`, which holds all that a decoder needs, so a viewer can begin at any of them. Decoding never throws
 * and never copies payloads. Integers are big-endian; times are microseconds since the source began, unless said.
 *
 * start (1)                                    video (2): a picture that needs earlier ones
 *   u8   kind = 1                                u8   kind = 2
 *   u8   bit 0 video config, bit 1 audio         …    a video packet
 *        config, bit 2 a key video packet
 *   [video config]                             audio (3): consecutive packets
 *     u8 length, codec string (WebCodecs)        u8   kind = 3
 *     u16 width, u16 height (coded pixels)       u48  presentation time of the first
 *     u8  clockwise quarter turns, 0–3           u8   count, then for each:
 *     4 × u8 colour (colour-space.ts)              u32 duration
 *     u16 length, description                      u16 length, bytes
 *   [audio config]
 *     u8 length, codec string                  video packet
 *     u32 sample rate, u8 channels               u48  presentation time
 *     u16 length, description                    u32  duration, 0 if unknown
 *   [a video packet, to the end]                 u32  lead: how long before its presentation time the packet was sent;
 *                                                     not 0 only if the codec reorders pictures
 *                                                u48  capture time, ms since 1970 of the host's clock
 *                                                …    the encoded picture, to the end
 */
import { ByteReader, ByteWriter } from '../lib/bytes.ts';
import { limits } from '../wire/limits.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from '../wire/result.ts';
import type { ColourCodes } from './colour-space.ts';
import { mediaLimits } from './media-limits.ts';

export const MediaKind = { start: 1, video: 2, audio: 3 } as const;
export type MediaKind = (typeof MediaKind)[keyof typeof MediaKind];

export interface VideoConfig {
  /** A WebCodecs codec string, such as `vp8` or `avc1.42E01F`. */
  readonly codec: string;
  /** Coded size in pixels. */
  readonly width: number;
  readonly height: number;
  /** Clockwise quarter turns to apply before showing (telephones film sideways), 0–3. */
  readonly quarterTurns: number;
  readonly colour: ColourCodes;
  /** Out-of-band decoder data (avcC for H.264 from MP4); empty if the codec needs none. */
  readonly description: Uint8Array;
}

export interface AudioConfig {
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly description: Uint8Array;
}

export interface VideoPacket {
  readonly ptsUs: number;
  readonly durationUs: number;
  readonly leadUs: number;
  readonly capturedAtMs: number;
  readonly bytes: Uint8Array;
}

export interface AudioPacket {
  readonly durationUs: number;
  readonly bytes: Uint8Array;
}

/** A point to start from. Without `video` the stream is sound only. */
interface StartMessage {
  readonly kind: typeof MediaKind.start;
  readonly video: VideoConfig | undefined;
  readonly audio: AudioConfig | undefined;
  readonly packet: VideoPacket | undefined;
}

interface VideoMessage {
  readonly kind: typeof MediaKind.video;
  readonly packet: VideoPacket;
}

export interface AudioMessage {
  readonly kind: typeof MediaKind.audio;
  readonly ptsUs: number;
  readonly packets: readonly AudioPacket[];
}

export type MediaMessage = StartMessage | VideoMessage | AudioMessage;

const HAS_VIDEO = 1;
const HAS_AUDIO = 2;
const HAS_PACKET = 4;

/** Bytes in front of an encoded picture; with it and its configs a start is still far below 100 bytes. */
const PACKET_HEADER_BYTES = 20;

export function encodeMediaMessage(message: MediaMessage): Uint8Array {
  switch (message.kind) {
    case MediaKind.start:
      return encodeStart(message);
    case MediaKind.video:
      return writePacket(
        new ByteWriter(1 + PACKET_HEADER_BYTES + message.packet.bytes.length).u8(message.kind),
        message.packet,
      ).finish();
    case MediaKind.audio: {
      const writer = new ByteWriter(512).u8(message.kind).u48(message.ptsUs).u8(message.packets.length);
      for (const { durationUs, bytes } of message.packets)
        writer.u32(durationUs).u16(bytes.length).bytes(bytes);
      return writer.finish();
    }
  }
}

function encodeStart({ video, audio, packet }: StartMessage): Uint8Array {
  const writer = new ByteWriter(256 + (packet?.bytes.length ?? 0));
  writer.u8(MediaKind.start);
  writer.u8((video ? HAS_VIDEO : 0) | (audio ? HAS_AUDIO : 0) | (packet ? HAS_PACKET : 0));
  if (video) {
    writeCodec(writer, video.codec).u16(video.width).u16(video.height).u8(video.quarterTurns);
    for (const code of video.colour) writer.u8(code);
    writer.u16(video.description.length).bytes(video.description);
  }
  if (audio) {
    writeCodec(writer, audio.codec).u32(audio.sampleRate).u8(audio.channels);
    writer.u16(audio.description.length).bytes(audio.description);
  }
  if (packet) writePacket(writer, packet);
  return writer.finish();
}

function writeCodec(writer: ByteWriter, codec: string): ByteWriter {
  return writer.u8(codec.length).bytes(Uint8Array.from(codec, (letter) => letter.charCodeAt(0)));
}

function writePacket(writer: ByteWriter, packet: VideoPacket): ByteWriter {
  return writer
    .u48(packet.ptsUs)
    .u32(packet.durationUs)
    .u32(packet.leadUs)
    .u48(packet.capturedAtMs)
    .bytes(packet.bytes);
}

export function decodeMediaMessage(bytes: Uint8Array): Decoded<MediaMessage> {
  if (bytes.length === 0) return undecodable(DecodeFailure.empty);
  if (bytes.length > limits.messageBytesMax) return undecodable(DecodeFailure.oversized);
  const reader = new ByteReader(bytes);
  const message = decodeByKind(reader.u8(), reader);
  if (message === 'unknown') return undecodable(DecodeFailure.unknownType);
  if (reader.failed) return undecodable(DecodeFailure.truncated);
  if (message === undefined) return undecodable(DecodeFailure.badField);
  return reader.complete ? decoded(message) : undecodable(DecodeFailure.trailing);
}

function decodeByKind(kind: number, reader: ByteReader): MediaMessage | undefined | 'unknown' {
  switch (kind) {
    case MediaKind.start:
      return readStart(reader);
    case MediaKind.video: {
      const packet = readPacket(reader);
      return packet && { kind, packet };
    }
    case MediaKind.audio:
      return readAudio(reader);
    default:
      return 'unknown';
  }
}

function readStart(reader: ByteReader): StartMessage | undefined {
  const flags = reader.u8();
  if (flags > (HAS_VIDEO | HAS_AUDIO | HAS_PACKET)) return undefined;
  const video = flags & HAS_VIDEO ? readVideoConfig(reader) : undefined;
  if (flags & HAS_VIDEO && !video) return undefined;
  const audio = flags & HAS_AUDIO ? readAudioConfig(reader) : undefined;
  if (flags & HAS_AUDIO && !audio) return undefined;
  const packet = flags & HAS_PACKET ? readPacket(reader) : undefined;
  if (flags & HAS_PACKET && !packet) return undefined;
  // A picture and its config come together, and a start that starts nothing is none.
  if ((video === undefined) !== (packet === undefined) || (!video && !audio)) return undefined;
  return { kind: MediaKind.start, video, audio, packet };
}

function readVideoConfig(reader: ByteReader): VideoConfig | undefined {
  const codec = readCodec(reader);
  const width = reader.u16();
  const height = reader.u16();
  const quarterTurns = reader.u8();
  const colour: ColourCodes = [reader.u8(), reader.u8(), reader.u8(), reader.u8()];
  const description = readDescription(reader);
  if (codec === undefined || description === undefined) return undefined;
  if (width === 0 || height === 0 || Math.max(width, height) > mediaLimits.pictureSideMax) return undefined;
  if (quarterTurns > 3) return undefined;
  return { codec, width, height, quarterTurns, colour, description };
}

function readAudioConfig(reader: ByteReader): AudioConfig | undefined {
  const codec = readCodec(reader);
  const sampleRate = reader.u32();
  const channels = reader.u8();
  const description = readDescription(reader);
  if (codec === undefined || description === undefined) return undefined;
  if (sampleRate < mediaLimits.sampleRateMin || sampleRate > mediaLimits.sampleRateMax) return undefined;
  if (channels === 0 || channels > mediaLimits.channelsMax) return undefined;
  return { codec, sampleRate, channels, description };
}

function readCodec(reader: ByteReader): string | undefined {
  const length = reader.u8();
  if (length === 0 || length > mediaLimits.codecBytesMax) return undefined;
  const codec = String.fromCharCode(...reader.bytes(length));
  return /^[A-Za-z0-9._-]+$/.test(codec) ? codec : undefined;
}

function readDescription(reader: ByteReader): Uint8Array | undefined {
  const length = reader.u16();
  return length > mediaLimits.descriptionBytesMax ? undefined : reader.bytes(length);
}

function readPacket(reader: ByteReader): VideoPacket | undefined {
  const packet = {
    ptsUs: reader.u48(),
    durationUs: reader.u32(),
    leadUs: reader.u32(),
    capturedAtMs: reader.u48(),
    bytes: reader.rest(),
  };
  return packet.bytes.length > 0 && packet.leadUs <= packet.ptsUs ? packet : undefined;
}

function readAudio(reader: ByteReader): AudioMessage | undefined {
  const ptsUs = reader.u48();
  const count = reader.u8();
  if (count === 0 || count > mediaLimits.bundlePacketsMax) return undefined;
  const packets: AudioPacket[] = [];
  for (let i = 0; i < count; i++) {
    const durationUs = reader.u32();
    const bytes = reader.bytes(reader.u16());
    if (durationUs === 0 || bytes.length === 0) return undefined;
    packets.push({ durationUs, bytes });
  }
  return { kind: MediaKind.audio, ptsUs, packets };
}
