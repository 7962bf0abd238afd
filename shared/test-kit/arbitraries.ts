/** fast-check arbitraries for every message of the protocol, within its limits. */
import fc from 'fast-check';
import { concatBytes } from '../src/lib/bytes.ts';
import { LEAVES } from '../src/lib/ids.ts';
import type { WireMessage } from '../src/wire/codec.ts';
import { decodeFrame, encodeFrameBody } from '../src/wire/frame.ts';
import type { SummaryEntry } from '../src/wire/graph-messages.ts';
import { limits } from '../src/wire/limits.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { voteHash } from '../src/wire/relay-messages.ts';
import {
  bytes,
  maybeStream,
  peer,
  record,
  role,
  stream,
  tag,
  u8,
  u16,
  u32,
  u48,
} from './field-arbitraries.ts';
import { linkListForm } from './link-list-arbitraries.ts';

const stripe = fc.nat(limits.stripesMax - 1);
const path = fc.array(peer, { maxLength: limits.pathIdsMax });
const title = fc
  .array(fc.nat(0x10ffff), { maxLength: 24 })
  .map((codes) => Buffer.from(String.fromCodePoint(...codes), 'utf8').toString('utf8'));

/** ASCII without spaces. */
const printable = fc
  .array(fc.integer({ min: 0x21, max: 0x7e }), { maxLength: 60 })
  .map((codes) => String.fromCharCode(...codes));

const seqs = (maxLength: number) =>
  fc
    .tuple(fc.nat(2 ** 32 - 2 ** 16), fc.array(u16, { maxLength }))
    .map(([base, offsets]) => offsets.map((offset) => base + offset));

const summaryEntry: fc.Arbitrary<SummaryEntry> = fc.record({ tag, epoch: u48, seq: u32, linksSeq: u32 });

/** The way of a signal: what is ahead and what is behind are at most eight together. */
const way = fc
  .tuple(fc.array(peer, { maxLength: limits.routeIdsMax }), fc.nat(limits.routeIdsMax))
  .map(([ids, ahead]) => ({ route: ids.slice(0, ahead), path: ids.slice(ahead) }));

const vote = bytes(16).map(voteHash);

const frame: fc.Arbitrary<WireMessage> = fc
  .record({
    stream,
    epoch: u48,
    start: fc.nat(2 ** 31),
    key: fc.boolean(),
    bundle: fc.boolean(),
    index: fc.nat(9),
    more: fc.integer({ min: 1, max: 9 }),
    sinceKey: fc.nat(99),
    payload: fc.uint8Array({ maxLength: 60 }),
    signature: fc.option(bytes(64), { nil: undefined }),
  })
  .map(({ stream, epoch, start, key, bundle, index, more, sinceKey, payload, signature }) => {
    const keySeq = key ? start : Math.max(0, start - sinceKey);
    const place = bundle ? { index: 0, count: 1 } : { index, count: index + more };
    const header = { stream, epoch, seq: start + place.index, key, bundle, ...place, keySeq };
    const body = encodeFrameBody(header, payload, signature !== undefined);
    const result = decodeFrame(signature ? concatBytes(body, signature) : body);
    if (!result.ok) throw new Error(result.reason);
    return result.value;
  });

const ofType = <T extends WireMessage['type']>(type: T) => fc.constant(type);
const inEpoch = { epoch: u48, stripe };
const slots = fc.record({ free: u8, forInterior: u8, forStarving: u8 });

/** One arbitrary a type, by the name of the type. */
export const messages: { readonly [name in keyof typeof MessageType]: fc.Arbitrary<WireMessage> } = {
  hello: fc.record({
    type: ofType(MessageType.hello),
    version: u8,
    role,
    stream: maybeStream,
    publicKey: bytes(32),
    signature: bytes(64),
  }),
  goodbye: fc.record({ type: ofType(MessageType.goodbye), reason: fc.nat(10) as fc.Arbitrary<0> }),
  ping: fc.record({ type: ofType(MessageType.ping), number: u32 }),
  pong: fc.record({ type: ofType(MessageType.pong), number: u32 }),
  beacon: fc.record({
    type: ofType(MessageType.beacon),
    stream,
    hostKey: bytes(32),
    nonce: bytes(16),
    epoch: u48,
    counter: u32,
    nextSeq: u32,
    stripes: fc.integer({ min: 1, max: limits.stripesMax }),
    bitsPerSecond: u32,
    messageBytesMax: u32,
    minVotes: fc.nat(limits.minVotesMax),
    title,
    signature: bytes(64),
  }),
  frame,
  votes: fc.tuple(u48, seqs(limits.votesPerPacketMax), vote).map(([epoch, list, hash]) => ({
    type: MessageType.votes,
    epoch,
    votes: list.map((seq) => ({ seq, hash })),
  })),
  pull: fc.record({ type: ofType(MessageType.pull), epoch: u48, seqs: seqs(limits.pullSeqsMax) }),
  pullMissing: fc.record({
    type: ofType(MessageType.pullMissing),
    epoch: u48,
    seqs: seqs(limits.pullSeqsMax),
  }),
  subscribe: fc.record({
    type: ofType(MessageType.subscribe),
    ...inEpoch,
    fromSeq: fc.option(u32, { nil: undefined }),
    interior: fc.boolean(),
    makeshift: fc.boolean(),
    starving: fc.boolean(),
  }),
  subscribed: fc.record({ type: ofType(MessageType.subscribed), ...inEpoch, firstSeq: u32, path }),
  refused: fc.record({
    type: ofType(MessageType.refused),
    ...inEpoch,
    reason: fc.nat(5) as fc.Arbitrary<0>,
    alternatives: fc.array(peer, { maxLength: limits.alternativesMax }),
  }),
  unsubscribe: fc.record({ type: ofType(MessageType.unsubscribe), ...inEpoch }),
  advert: fc.record({
    type: ofType(MessageType.advert),
    ...inEpoch,
    state: fc.nat(2) as fc.Arbitrary<0>,
    slots,
    path,
  }),
  vacancies: fc.record({
    type: ofType(MessageType.vacancies),
    ...inEpoch,
    places: fc.array(fc.record({ peer, depth: u8, slots }), { maxLength: limits.vacanciesMax }),
  }),
  census: fc.record({
    type: ofType(MessageType.census),
    ...inEpoch,
    nodes: fc.nat(limits.countMax),
    starving: fc.nat(limits.countMax),
    spare: fc.nat(limits.countMax),
  }),
  voteDigest: fc.record({
    type: ofType(MessageType.voteDigest),
    epoch: u48,
    base: fc.nat(2 ** 28 - 1).map((window) => window * limits.voteWindowFrames),
    count: fc.integer({ min: 1, max: limits.voteWindowFrames }),
    digest: vote,
  }),
  frameHead: fc
    .record({
      stream,
      epoch: u48,
      seq: u32,
      bundle: fc.boolean(),
      payloadHash: bytes(32),
      signature: bytes(64),
    })
    .map(({ stream, epoch, seq, bundle, payloadHash, signature }) => ({
      type: MessageType.frameHead,
      ...{ stream, epoch, seq },
      head: { key: false, bundle, index: 0, count: 1, keySeq: seq, payloadHash, signature },
    })),
  equivocation: fc
    .record({
      stream,
      epoch: u48,
      seq: u32,
      bundle: fc.boolean(),
      payloadHash: bytes(32),
      signature: bytes(64),
    })
    .map(({ stream, epoch, seq, bundle, payloadHash, signature }) => ({
      type: MessageType.equivocation,
      ...{ stream, epoch, seq },
      heads: [
        { key: false, bundle: !bundle, index: 0, count: 1, keySeq: seq, payloadHash, signature },
        { key: true, bundle, index: 0, count: 1, keySeq: seq, payloadHash, signature },
      ],
    })),
  records: fc.record({
    type: ofType(MessageType.records),
    records: fc.array(record, { maxLength: limits.recordsPerPacketMax }),
  }),
  links: fc.record({
    type: ofType(MessageType.links),
    lists: fc.array(linkListForm, { maxLength: limits.linkListsPerPacketMax }),
  }),
  digest: fc.record({
    type: ofType(MessageType.digest),
    level: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
    stream: maybeStream,
    count: u16,
    nodes: u16,
    fingerprint: fc.tuple(u32, u32),
    yours: fc.record({ epoch: u48, seq: u32, linksSeq: u32 }),
  }),
  branches: fc.record({
    type: ofType(MessageType.branches),
    stream: maybeStream,
    fingerprints: fc.array(u32, { minLength: LEAVES, maxLength: LEAVES }),
  }),
  summary: fc.record({
    type: ofType(MessageType.summary),
    stream: maybeStream,
    leaves: fc
      .uniqueArray(fc.nat(LEAVES - 1), { maxLength: LEAVES })
      .map((leaves) => leaves.sort((a, b) => a - b)),
    entries: fc.array(summaryEntry, { maxLength: 40 }),
  }),
  news: fc.record({
    type: ofType(MessageType.news),
    entries: fc.array(summaryEntry, { maxLength: 40 }),
  }),
  wanted: fc.record({
    type: ofType(MessageType.wanted),
    entries: fc.array(
      fc.record({
        tag,
        what: fc.constantFrom(1 as const, 2 as const, 3 as const),
        linksSeqHeld: u32,
      }),
      { maxLength: 40 },
    ),
  }),
  redirectRequest: fc.oneof(
    fc.record({ type: ofType(MessageType.redirectRequest), intent: fc.constant(0 as const), stream }),
    fc.record({
      type: ofType(MessageType.redirectRequest),
      intent: fc.constant(1 as const),
      stream: maybeStream,
    }),
  ),
  redirectAnswer: fc.record({
    type: ofType(MessageType.redirectAnswer),
    nonce: bytes(16),
    inside: fc.array(record, { maxLength: 32 }),
    outside: fc.array(record, { maxLength: 32 }),
  }),
  signal: fc
    .record({
      to: peer,
      from: peer,
      session: u32,
      payload: fc.uint8Array({ maxLength: 300 }),
      publicKey: bytes(32),
      signature: bytes(64),
      way,
    })
    .map(({ way, ...fields }) => ({ type: MessageType.signal, ...fields, ...way })),
  signalFailed: fc.record({
    type: ofType(MessageType.signalFailed),
    to: peer,
    from: peer,
    session: u32,
    reason: fc.nat(4) as fc.Arbitrary<0>,
    route: fc.array(peer, { maxLength: limits.routeIdsMax }),
  }),
  goAway: fc.record({
    type: ofType(MessageType.goAway),
    withinMs: u32,
    alternates: fc.array(
      printable.map((text) => `wss://a${text}`),
      { maxLength: limits.alternateUrlsMax },
    ),
  }),
  iceServers: fc.record({
    type: ofType(MessageType.iceServers),
    lifetimeSeconds: u32,
    servers: fc.array(
      fc.record({
        url: printable.map((text) => `turn:a${text}`),
        username: printable,
        credential: printable,
      }),
      { maxLength: limits.iceServersMax },
    ),
  }),
  trunkProof: fc.record({ type: ofType(MessageType.trunkProof), signature: bytes(64) }),
};

export const anyMessage = fc.oneof(...Object.values(messages));
