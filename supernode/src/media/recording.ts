/**
 * What is written of a stream of media: messages in, steps for a file out. Pure.
 *
 * - A recording begins at the first start, at time 0. Pictures without sound wait for the next start (a second) before they
 *   begin, because a host's sound is often announced only there.
 * - Frames that were lost leave a hole in the time; it goes on at the next start.
 * - A host that came back (a new epoch, or a source whose times begin anew) is joined to what there is without a hole.
 * - A file holds what it began with: when codec, size or tracks change, the part ends, and another one begins.
 * - A track that falls silent is closed, so that the other one is not held back for it; when it is back, another part begins.
 */
import {
  type AudioConfig,
  type AudioMessage,
  MediaKind,
  type MediaMessage,
  type VideoConfig,
  type VideoPacket,
} from '@murmuration/shared/media/media-message.ts';

export const recordingLimits = {
  /** Files of one recording: a host that changes its mind with every picture must not fill a folder. */
  partsMax: 100,
  /** What waits for the second start. */
  heldMessagesMax: 600,
  heldBytesMax: 16 * 1024 * 1024,
  /** A longer hole is closed. */
  holeSecondsMax: 600,
  /** A track without packets for so long, while the other one has some, is closed. */
  silentSecondsMax: 30,
} as const;

/** Times in seconds since the part began. */
export type RecordingStep =
  | {
      readonly type: 'begin';
      readonly video: VideoConfig | undefined;
      readonly audio: AudioConfig | undefined;
    }
  | {
      readonly type: 'picture' | 'sound';
      readonly key: boolean;
      readonly seconds: number;
      readonly durationSeconds: number;
      readonly bytes: Uint8Array;
    }
  /** Nothing more comes for this track in this part. */
  | { readonly type: 'close'; readonly track: 'picture' | 'sound' }
  /** The part is over. */
  | { readonly type: 'end' }
  /** No part may follow any more. */
  | { readonly type: 'too-many-parts' };

type Start = Extract<MediaMessage, { kind: typeof MediaKind.start }>;

/** Sound may overlap by so much, as at the seam of a loop, before its times are called new, in µs. */
const OVERLAP_US = 1_000_000;

/** One file being written. */
interface Part {
  readonly video: VideoConfig | undefined;
  readonly audio: AudioConfig | undefined;
  readonly closed: Set<'picture' | 'sound'>;
  /** Sound came after it had been closed. */
  soundIsBack: boolean;
  /** Where the latest packet of a track ends, and the latest picture before the last key picture, in µs of the part. */
  readonly endUs: { picture: number; sound: number };
  soundFromUs: number;
  pictureMostUs: number;
  pictureBeforeKeyUs: number;
}

export class Recording {
  #steps: RecordingStep[] = [];
  #part: Part | undefined;
  #parts = 0;
  #held: { start: Start; rest: MediaMessage[]; bytes: number } | undefined;
  #epoch = 0;
  /** Nothing can be written until the next start. */
  #awaitsStart = true;
  /** The times that come are not those of before. */
  #renewed = true;
  /** What to add to the stream's times, in µs. */
  #offsetUs = 0;
  #restarts = 0;
  #dropped = 0;

  /** How often a host came back with other times. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Packets whose times fit nowhere. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes the next message. @param bytes of it, as it came */
  push(media: MediaMessage, bytes: number, epoch: number): RecordingStep[] {
    if (epoch < this.#epoch) return [];
    if (epoch > this.#epoch) {
      if (this.#epoch > 0) this.#restarts++;
      this.#renewed = true;
      this.gap();
    }
    this.#epoch = epoch;
    if (media.kind === MediaKind.start) this.#start(media, bytes);
    else if (this.#held) this.#hold(media, bytes);
    else if (!this.#awaitsStart) this.#write(media);
    return this.#taken();
  }

  /** Messages were lost: nothing is written until the next start. */
  gap(): void {
    this.#awaitsStart = true;
    this.#held = undefined;
  }

  /** The stream is over. */
  finish(): RecordingStep[] {
    if (this.#held) this.#release(this.#held.start.audio);
    if (this.#part) this.#end();
    return this.#taken();
  }

  #taken(): RecordingStep[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  #start(start: Start, bytes: number): void {
    if (this.#held) this.#release(start.audio);
    if (this.#awaitsStart && start.video && !start.audio && (!this.#part || this.#part.audio)) {
      this.#held = { start, rest: [], bytes };
      return;
    }
    this.#enter(start, start.audio);
    this.#write(start);
  }

  #hold(media: MediaMessage, bytes: number): void {
    const held = this.#held;
    if (!held) return;
    held.rest.push(media);
    held.bytes += bytes;
    const { heldMessagesMax, heldBytesMax } = recordingLimits;
    if (held.rest.length >= heldMessagesMax || held.bytes >= heldBytesMax) this.#release(undefined);
  }

  /** Writes what waited, with the sound that was announced meanwhile. */
  #release(audio: AudioConfig | undefined): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    this.#enter(held.start, audio);
    for (const media of [held.start, ...held.rest]) this.#write(media);
  }

  /** Makes sure that there is a part which can hold what a start announces, and that its times fit behind what is there. */
  #enter(start: Start, audio: AudioConfig | undefined): void {
    this.#awaitsStart = false;
    const part = this.#part;
    const back = part?.soundIsBack || (part?.closed.has('picture') && start.video);
    const same = part && !back && sameVideo(part.video, start.video) && sameAudio(part.audio, audio);
    const startUs = start.packet?.ptsUs;
    if (!same) {
      if (part) this.#end();
      this.#begin(start.video, audio);
      // Sound alone has no time in its start: the first packet says where it is.
      this.#renewed = startUs === undefined;
      this.#offsetUs = -(startUs ?? 0);
    } else if (startUs !== undefined) {
      const leaps = this.#leaps(startUs, part.pictureMostUs, this.#endUs(part));
      if (leaps) this.#restarts++;
      if (this.#renewed || leaps) this.#offsetUs = this.#endUs(part) - startUs;
      this.#renewed = false;
    }
  }

  /** Whether times of the same epoch go back, or too far ahead: then the host's source began anew. */
  #leaps(ptsUs: number, fromUs: number, endUs: number): boolean {
    const atUs = ptsUs + this.#offsetUs;
    return !this.#renewed && (atUs < fromUs || atUs > endUs + recordingLimits.holeSecondsMax * 1e6);
  }

  #begin(video: VideoConfig | undefined, audio: AudioConfig | undefined): void {
    this.#parts++;
    if (this.#parts > recordingLimits.partsMax) {
      this.#part = undefined;
      this.#steps.push({ type: 'too-many-parts' });
      return;
    }
    this.#part = {
      video,
      audio,
      closed: new Set(),
      soundIsBack: false,
      endUs: { picture: 0, sound: 0 },
      soundFromUs: 0,
      pictureMostUs: 0,
      pictureBeforeKeyUs: 0,
    };
    this.#steps.push({ type: 'begin', video, audio });
  }

  #end(): void {
    this.#part = undefined;
    this.#steps.push({ type: 'end' });
  }

  #endUs({ endUs }: Part): number {
    return Math.max(endUs.picture, endUs.sound);
  }

  #write(media: MediaMessage): void {
    const part = this.#part;
    if (!part) return;
    if (media.kind === MediaKind.audio) this.#sound(part, media);
    else if (media.packet) this.#picture(part, media.packet, media.kind === MediaKind.start);
  }

  #picture(part: Part, packet: VideoPacket, key: boolean): void {
    if (!part.video || part.closed.has('picture')) return;
    const fromUs = packet.ptsUs + this.#offsetUs;
    // Pictures before the one to start from cannot be decoded; files want each group of pictures behind the one before.
    const behindUs = key ? part.pictureMostUs : part.pictureBeforeKeyUs;
    if (fromUs < behindUs) return void this.#dropped++;
    if (key) part.pictureBeforeKeyUs = part.pictureMostUs;
    part.pictureMostUs = Math.max(part.pictureMostUs, fromUs);
    this.#place(part, 'picture', key, fromUs, packet.durationUs, packet.bytes);
  }

  #sound(part: Part, { ptsUs, packets }: AudioMessage): void {
    if (!part.audio) return;
    if (part.closed.has('sound')) {
      part.soundIsBack = true;
      return;
    }
    // Where there are pictures, their starts say where the times lie.
    const leaps = !part.video && this.#leaps(ptsUs, part.soundFromUs - OVERLAP_US, this.#endUs(part));
    if (leaps) this.#restarts++;
    if (this.#renewed || leaps) this.#offsetUs = this.#endUs(part) - ptsUs;
    this.#renewed = false;
    let fromUs = ptsUs + this.#offsetUs;
    for (const { durationUs, bytes } of packets) {
      if (fromUs < part.soundFromUs) this.#dropped++;
      else {
        part.soundFromUs = fromUs;
        this.#place(part, 'sound', true, fromUs, durationUs, bytes);
      }
      fromUs += durationUs;
    }
  }

  #place(
    part: Part,
    type: 'picture' | 'sound',
    key: boolean,
    fromUs: number,
    durationUs: number,
    bytes: Uint8Array,
  ): void {
    this.#steps.push({ type, key, seconds: fromUs / 1e6, durationSeconds: durationUs / 1e6, bytes });
    part.endUs[type] = Math.max(part.endUs[type], fromUs + durationUs);
    const other = type === 'picture' ? 'sound' : 'picture';
    const expected = other === 'picture' ? part.video : part.audio;
    const silentUs = part.endUs[type] - part.endUs[other];
    if (!expected || part.closed.has(other) || silentUs < recordingLimits.silentSecondsMax * 1e6) return;
    part.closed.add(other);
    this.#steps.push({ type: 'close', track: other });
  }
}

function sameVideo(a: VideoConfig | undefined, b: VideoConfig | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.codec === b.codec &&
    a.width === b.width &&
    a.height === b.height &&
    a.quarterTurns === b.quarterTurns &&
    a.colour.every((code, at) => code === b.colour[at]) &&
    sameBytes(a.description, b.description)
  );
}

function sameAudio(a: AudioConfig | undefined, b: AudioConfig | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.codec === b.codec &&
    a.sampleRate === b.sampleRate &&
    a.channels === b.channels &&
    sameBytes(a.description, b.description)
  );
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
