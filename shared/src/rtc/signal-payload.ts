/**
 * What two peers tell each other through a supernode before they are linked: a session description and ICE candidates
 * (RFC 8829, RFC 8838), several in one payload.
 *
 *   payload  UTF-8 JSON, at most 12 KiB: an array of 1 to 32 entries
 *   entry    { type: "offer" | "answer", sdp }                    sdp: at most 8 KiB
 *          | { type: "candidate", candidate: { candidate, sdpMid, sdpMLineIndex } }
 *
 * A payload comes from a stranger. Only these fields are passed on, and a description must ask for one data-channel section
 * and nothing else: no sound, no pictures.
 */
import { decodeUtf8, encodeUtf8 } from '../lib/utf8.ts';
import { limits } from '../wire/limits.ts';

export type SignalEntry =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | {
      readonly type: 'candidate';
      readonly candidate: {
        readonly candidate: string;
        readonly sdpMid: string | null;
        readonly sdpMLineIndex: number | null;
      };
    };

export const SignalRefusal = {
  oversized: 'signal-oversized',
  notJson: 'signal-not-json',
  badField: 'signal-bad-field',
  badDescription: 'signal-bad-description',
  /** An offer to the one who offered, a second answer, and the like. */
  unexpectedDescription: 'signal-unexpected-description',
  tooManyCandidates: 'signal-too-many-candidates',
  /** The WebRTC library would not take it. */
  unusable: 'signal-unusable',
  /** For a link that is not being opened. */
  unknownLink: 'signal-unknown-link',
} as const;
export type SignalRefusal = (typeof SignalRefusal)[keyof typeof SignalRefusal];

export type ParsedSignal =
  | { readonly ok: true; readonly entries: readonly SignalEntry[] }
  | { readonly ok: false; readonly reason: SignalRefusal };

const ENTRIES_MAX = 32;
const SDP_LENGTH_MAX = 8 * 1024;
const CANDIDATE_LENGTH_MAX = 512;
const MID_LENGTH_MAX = 16;
const BRACKETS_BYTES = 2;

/** Packs entries into as few payloads as their sizes allow, in order. An entry too large for any payload is left out. */
export function encodeSignals(entries: readonly SignalEntry[]): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  let held: string[] = [];
  let heldBytes = BRACKETS_BYTES;
  const flush = (): void => {
    if (held.length > 0) payloads.push(encodeUtf8(`[${held.join(',')}]`));
    held = [];
    heldBytes = BRACKETS_BYTES;
  };
  for (const entry of entries) {
    const json = JSON.stringify(entry);
    const bytes = encodeUtf8(json).length + 1;
    if (BRACKETS_BYTES + bytes > limits.signalBytesMax) continue;
    if (heldBytes + bytes > limits.signalBytesMax || held.length === ENTRIES_MAX) flush();
    held.push(json);
    heldBytes += bytes;
  }
  flush();
  return payloads;
}

/** Reads a payload of the remote end; never throws. */
export function parseSignals(payload: Uint8Array): ParsedSignal {
  if (payload.length > limits.signalBytesMax) return refused(SignalRefusal.oversized);
  const text = decodeUtf8(payload);
  if (text === undefined) return refused(SignalRefusal.notJson);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused(SignalRefusal.notJson);
  }
  if (!Array.isArray(json) || json.length === 0 || json.length > ENTRIES_MAX) {
    return refused(SignalRefusal.badField);
  }
  const entries: SignalEntry[] = [];
  for (const value of json as unknown[]) {
    const entry = readEntry(value);
    if (typeof entry === 'string') return refused(entry);
    entries.push(entry);
  }
  return { ok: true, entries };
}

/** One entry of a library's or of a payload, stripped to the fields that are known; or why it is refused. */
export function readEntry(value: unknown): SignalEntry | SignalRefusal {
  if (!isRecord(value)) return SignalRefusal.badField;
  const { type, sdp, candidate } = value;
  if (type === 'candidate') return readCandidate(candidate);
  if ((type !== 'offer' && type !== 'answer') || typeof sdp !== 'string') return SignalRefusal.badField;
  if (sdp.length > SDP_LENGTH_MAX || !asksForDataOnly(sdp)) return SignalRefusal.badDescription;
  return { type, sdp };
}

function readCandidate(value: unknown): SignalEntry | SignalRefusal {
  if (!isRecord(value)) return SignalRefusal.badField;
  const { candidate, sdpMid = null, sdpMLineIndex = null } = value;
  const wellFormed =
    typeof candidate === 'string' &&
    candidate.length > 0 &&
    candidate.length <= CANDIDATE_LENGTH_MAX &&
    (sdpMid === null || (typeof sdpMid === 'string' && sdpMid.length <= MID_LENGTH_MAX)) &&
    (sdpMLineIndex === null || sdpMLineIndex === 0) &&
    (sdpMid !== null || sdpMLineIndex !== null);
  if (!wellFormed) return SignalRefusal.badField;
  return { type: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex } };
}

/** True if the one media section of a description is a data channel's. */
function asksForDataOnly(sdp: string): boolean {
  const sections = sdp.split(/\r\n|\r|\n/).filter((line) => /^\s*m=/i.test(line));
  return sections.length === 1 && /^m=application \d+ UDP\/DTLS\/SCTP /.test(sections[0] ?? '');
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const refused = (reason: SignalRefusal): ParsedSignal => ({ ok: false, reason });
