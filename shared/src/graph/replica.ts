/**
 * One node's copy of the net graph: the newest record of every node it knows, with a local expiry. Last writer wins by
 * version; nobody can write another's record, because the gate has checked each signature. Leave records stay until they
 * expire, and versions that expired are remembered, so that a replay brings nobody back.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PeerId, StreamId } from '../lib/ids.ts';
import { type MembershipRecord, RecordStatus, type RecordVersion } from '../wire/graph-messages.ts';
import { limits } from '../wire/limits.ts';

interface HeldRecord {
  readonly record: MembershipRecord;
  readonly expiresAt: number;
}

export const isNewer = (a: RecordVersion, b: RecordVersion): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);

/** Two FNV-1a style words over an id and its version; a replica's fingerprint is the XOR over all its records. */
function fingerprintOf(id: PeerId, version: RecordVersion): [number, number] {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < id.length; i++) {
    a = Math.imul(a ^ id.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ id.charCodeAt(i), 0x85ebca6b);
  }
  for (const word of [version.seq, version.epoch % 2 ** 32, Math.floor(version.epoch / 2 ** 32)]) {
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul(b ^ (word + (a >>> 7)), 0xc2b2ae35);
  }
  return [a >>> 0, b >>> 0];
}

export class Replica {
  readonly #held = new Map<PeerId, HeldRecord>();
  readonly #byStream = new Map<StreamId, Set<PeerId>>();
  readonly #expired = new BoundedMap<PeerId, RecordVersion>(limits.recordsHeldMax);
  #fingerprint: [number, number] = [0, 0];

  /** Records held, leave records included. */
  get size(): number {
    return this.#held.size;
  }

  get fingerprint(): readonly [number, number] {
    return this.#fingerprint;
  }

  versionOf(id: PeerId): RecordVersion | undefined {
    return this.#held.get(id)?.record.version ?? this.#expired.get(id);
  }

  /** Whether a record of this version would be taken. */
  wants(id: PeerId, version: RecordVersion): boolean {
    const known = this.versionOf(id);
    if (known) return isNewer(version, known);
    return this.#held.size < limits.recordsHeldMax;
  }

  /** Takes a verified record if it is news. */
  put(record: MembershipRecord, now: number): boolean {
    if (record.ttlSeconds <= 0 || !this.wants(record.id, record.version)) return false;
    this.#remove(record.id);
    this.#expired.delete(record.id);
    this.#held.set(record.id, { record, expiresAt: now + record.ttlSeconds * 1000 });
    this.#toggle(record.id, record.version);
    if (record.stream !== undefined && record.status === RecordStatus.present) {
      const members = this.#byStream.get(record.stream) ?? new Set();
      members.add(record.id);
      this.#byStream.set(record.stream, members);
    }
    return true;
  }

  #toggle(id: PeerId, version: RecordVersion): void {
    const [a, b] = fingerprintOf(id, version);
    this.#fingerprint = [(this.#fingerprint[0] ^ a) >>> 0, (this.#fingerprint[1] ^ b) >>> 0];
  }

  #remove(id: PeerId): MembershipRecord | undefined {
    const held = this.#held.get(id);
    if (!held) return undefined;
    const { record } = held;
    this.#held.delete(id);
    this.#toggle(id, record.version);
    if (record.stream !== undefined) {
      const members = this.#byStream.get(record.stream);
      members?.delete(id);
      if (members?.size === 0) this.#byStream.delete(record.stream);
    }
    return record;
  }

  /** Drops what has outlived itself; answers with the members that are gone by it. */
  expire(now: number): MembershipRecord[] {
    const gone: MembershipRecord[] = [];
    for (const [id, held] of this.#held) {
      if (held.expiresAt > now) continue;
      this.#remove(id);
      this.#expired.set(id, held.record.version);
      if (held.record.status === RecordStatus.present) gone.push(held.record);
    }
    return gone;
  }

  /** A record as it is passed on now: its remaining life aged. Undefined if there is none, or less than a second of it. */
  aged(id: PeerId, now: number): MembershipRecord | undefined {
    const held = this.#held.get(id);
    if (!held) return undefined;
    const ttlSeconds = Math.floor((held.expiresAt - now) / 1000);
    return ttlSeconds > 0 ? { ...held.record, ttlSeconds } : undefined;
  }

  /** The record of a present member. */
  member(id: PeerId): MembershipRecord | undefined {
    const record = this.#held.get(id)?.record;
    return record?.status === RecordStatus.present ? record : undefined;
  }

  /** All present members. */
  *members(): IterableIterator<MembershipRecord> {
    for (const { record } of this.#held.values()) if (record.status === RecordStatus.present) yield record;
  }

  /** Present members of one stream. */
  *membersOf(stream: StreamId): IterableIterator<MembershipRecord> {
    for (const id of this.#byStream.get(stream) ?? []) {
      const record = this.member(id);
      if (record) yield record;
    }
  }

  /** Streams with at least one present member. */
  get streams(): number {
    return this.#byStream.size;
  }

  /** Every id held with its version, leave records included. */
  *versions(): IterableIterator<{ id: PeerId; version: RecordVersion }> {
    for (const [id, { record }] of this.#held) yield { id, version: record.version };
  }
}
