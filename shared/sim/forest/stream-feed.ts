/**
 * The host's part in a relay world: messages of a synthetic stream, cut into frames, and the beacons beside them. Every thread (team.ts)
 * makes all of them, and the one that plays the host feeds them to it.
 */
import { ByteWriter } from '../../src/lib/bytes.ts';
import { streamIdFromBytes } from '../../src/lib/ids.ts';
import { BitratePolicy } from '../../src/node/bitrate-policy.ts';
import { HostBeacons } from '../../src/node/host-beacons.ts';
import { defaultPeerSettings } from '../../src/node/settings.ts';
import { MessageCutter } from '../../src/relay/message-cutter.ts';
import type { Supply } from '../../src/relay/relay-contract.ts';
import { STREAM_NONCE_BYTES } from '../../src/wire/beacon.ts';
import { FRAME_HEADER_BYTES } from '../../src/wire/frame.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../../src/wire/link-messages.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import type { MessageSource } from '../message-source.ts';
import type { RelayWorld } from './relay-world.ts';
import type { SimFrame, WorldNode } from './relay-world-parts.ts';
import type { Team } from './team.ts';

export const STREAM = streamIdFromBytes(new Uint8Array(20).fill(7));
const NOTHING = new Uint8Array(0);
const SIGNATURE = new Uint8Array(SIGNATURE_BYTES);

export class StreamFeed {
  readonly #world: RelayWorld;
  readonly #host: WorldNode;
  readonly #source: MessageSource;
  readonly #cutter: MessageCutter;
  readonly #beacons: HostBeacons;
  readonly #startedAtMs: number;
  readonly #policy: BitratePolicy;
  #bitsPerSecond: number;

  constructor(world: RelayWorld, host: WorldNode, source: MessageSource, bitsPerSecond: number) {
    this.#world = world;
    this.#host = host;
    this.#source = source;
    const epoch = Math.floor(world.nowMs);
    this.#startedAtMs = world.nowMs;
    this.#cutter = new MessageCutter(STREAM, epoch, defaultPeerSettings.frameBytes);
    const nonce = new Uint8Array(STREAM_NONCE_BYTES);
    const live = { stream: STREAM, nonce, epoch, title: 'simulated', bitsPerSecond };
    this.#beacons = new HostBeacons(new Uint8Array(PUBLIC_KEY_BYTES), live, this.#startedAtMs);
    this.#bitsPerSecond = bitsPerSecond;
    this.#policy = new BitratePolicy(bitsPerSecond);
    this.#beacon();
    this.#publishNext();
  }

  /** What the stream has now. */
  get bitsPerSecond(): number {
    return this.#bitsPerSecond;
  }

  /** The host hears how its swarm is supplied: the thread that plays it does. */
  heard(supply: Supply, nowMs: number): void {
    this.#policy.heard(supply, nowMs);
  }

  /** The stream gets the bitrate that the host has decided on. All threads call this at the same time. */
  follow(team: Team): void {
    const bitsPerSecond = team.sum(team.owns(this.#host.index) ? this.#policy.bitsPerSecond : 0);
    if (bitsPerSecond === this.#bitsPerSecond) return;
    this.#bitsPerSecond = bitsPerSecond;
    const { nowMs } = this.#world;
    this.#source.setBitrate(bitsPerSecond);
    this.#beacons.setBitrate(bitsPerSecond, nowMs);
    this.#world.callAt(this.#host, nowMs, () => this.#beacon());
  }

  #beacon(): void {
    const body = this.#beacons.next(this.#world.nowMs);
    const beacon = { ...body, type: MessageType.beacon, signature: SIGNATURE };
    this.#world.said(beacon);
    this.#world.feed(this.#host, { type: 'own-beacon', beacon });
    const { deadline } = this.#beacons;
    this.#world.callAt(this.#host, deadline, () => {
      if (this.#beacons.deadline === deadline) this.#beacon();
    });
  }

  #publishNext(): void {
    this.#world.callAt(this.#host, this.#startedAtMs + this.#source.nextAtMs, () => {
      const number = this.#source.count;
      const { bytes, key } = this.#source.next(this.#world.nowMs);
      // The number in each frame tells the message; the other bytes only count.
      const payload = new ByteWriter(4).u32(number).finish();
      for (const { header, payload: real } of this.#cutter.cut(bytes, key)) {
        const frame: SimFrame = {
          header,
          payload,
          hash: `${header.epoch} ${header.seq}`,
          packet: NOTHING,
          payloadBytes: real.length,
          packetBytes: FRAME_HEADER_BYTES + real.length + SIGNATURE_BYTES,
        };
        this.#beacons.published(header.seq);
        this.#world.published(frame);
        this.#world.feed(this.#host, { type: 'own-frame', frame });
      }
      this.#publishNext();
    });
  }
}

/** The number of the message that an application was given. */
export const messageNumber = (bytes: Uint8Array): number =>
  (((bytes[0] as number) << 24) |
    ((bytes[1] as number) << 16) |
    ((bytes[2] as number) << 8) |
    (bytes[3] as number)) >>>
  0;
