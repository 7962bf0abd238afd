/** The state of watching in words: what is being done, what is wrong, and what a person can do about it. */
import { GraphStep, JoinStep, Offence } from '@murmuration/shared/node/events.ts';
import type { JoinTrouble, WatchState } from '../session/watch-state.ts';
import { counted, readableDuration, readableTime } from './readable-numbers.ts';

/** What goes on by itself while there is trouble. */
const waiting: Readonly<Record<JoinTrouble, string>> = {
  'no-supernode': 'Trying to reach the supernode…',
  'no-members': 'Waiting for the host…',
  'no-path': 'Trying to reach members of the stream…',
  limits: 'This stream cannot be played here.',
};

/** Progress of joining, for the place where the picture will be. */
export function joinWords(state: WatchState): string {
  if (state.phase === 'starting') return 'Starting…';
  if (state.phase === 'stopped') return 'You left the stream.';
  if (state.equivocatedEpoch !== undefined) return 'Stopped: the host contradicted itself.';
  if (state.trouble) return waiting[state.trouble];
  switch (state.step) {
    case undefined:
    case JoinStep.contacting:
      return 'Asking the supernode who carries this stream…';
    case JoinStep.redirected:
      return state.peersFound > 0
        ? `Found ${counted(state.peersFound, 'member')} of the stream. Connecting…`
        : 'Nobody carries this stream yet. Waiting for the host…';
    case JoinStep.associating:
      return 'Connecting to members of the stream…';
    case JoinStep.associated:
      return 'Connected. Checking that the stream is genuine…';
    case JoinStep.validated:
      return 'The stream is genuine. Finding someone who passes it on…';
    case JoinStep.attached:
      return 'Found a place in the swarm. Waiting for the first picture…';
    case JoinStep.receiving:
      return state.pictured ? 'Watching.' : 'Receiving. The picture starts with the next key frame…';
  }
}

const mapSteps: Readonly<Record<GraphStep, string>> = {
  [GraphStep.bridging]: 'looking for other streams',
  [GraphStep.bridged]: 'from other streams',
  [GraphStep.checked]: 'checked, neighbours agree',
};

/** How this page came by its map of the network. */
export function mapWords({ map, laggards }: Pick<WatchState, 'map' | 'laggards'>): string {
  const words = map === undefined ? 'from this stream' : mapSteps[map];
  return laggards === 0 ? words : `${words}; left ${counted(laggards, 'neighbour')} with a stale one`;
}

const troubles: Readonly<Record<JoinTrouble, string>> = {
  'no-supernode':
    'The supernode does not answer. Check your connection, and that the link is right; this page keeps trying.',
  'no-members':
    'Nobody carries this stream now. If the host has not started yet, keep this page open: it begins by itself. If they have, ask for a new link.',
  'no-path':
    'Members of the stream were found, but none can be reached. A firewall or VPN may block WebRTC: try another network, such as a phone hotspot. If it is the same there, the operator of the supernode can offer a TURN server, which relays where there is no direct path.',
  limits:
    'This stream sends larger messages, or cuts itself into more stripes, than this version of the page can take. Reload the page; if that does not help, ask the host for a lower quality.',
};

/** A trouble that is over sooner than this was only a turn on the way, not worth an alarm. */
const TROUBLE_TOLD_AFTER_MS = 1_500;

/** What is wrong at `nowMs`, or undefined while all is well. */
export function troubleWords(state: WatchState, nowMs: number): string | undefined {
  if (state.error) return state.error.message;
  if (state.phase === 'stopped') return undefined;
  if (state.equivocatedEpoch !== undefined)
    return 'The host signed two different versions of this stream, so nobody can tell whether all viewers see the same. It was stopped here. If the host starts anew, this page goes on by itself.';
  if (state.silentSinceMs !== undefined) {
    // A time of day, not a running count: a screen reader would read every second of that.
    const since = readableTime(state.silentSinceMs);
    return `The host has been silent since ${since}. Keep this page open: the stream goes on by itself if they come back.`;
  }
  if (state.playerTrouble) return state.playerTrouble;
  if (!state.trouble || nowMs - state.troubleSinceMs < TROUBLE_TOLD_AFTER_MS) return undefined;
  return troubles[state.trouble];
}

/** Clocks further apart than this make the delay a wrong number: nothing takes so long, and nothing arrives before it was sent. */
const CLOCKS_APART_MS = 30_000;
const CLOCKS_AHEAD_MS = 250;

/**
 * What to say instead of the delay when it cannot be true, since it is told by the clocks of both ends; undefined if it can.
 * @param delayMs from capture to paint
 */
export function clockWords(delayMs: number): string | undefined {
  if (delayMs > -CLOCKS_AHEAD_MS && delayMs < CLOCKS_APART_MS) return undefined;
  const late = delayMs < 0 ? 'behind' : 'ahead of';
  return `unknown: this device’s clock is ${readableDuration(Math.abs(delayMs))} ${late} the host’s. Set both by the network; the stream itself does not mind.`;
}

const offences: Readonly<Record<Offence, string>> = {
  [Offence.malformed]: 'sent packets that make no sense',
  [Offence.forgedFrame]: 'sent a forged frame',
  [Offence.forgedProof]: 'accused the host with a forged proof',
  [Offence.forgedRecord]: 'sent a forged membership record',
  [Offence.forgedBeacon]: 'sent a forged word of the host',
  [Offence.forgedLinks]: 'sent a forged list of links',
  [Offence.forgedSignal]: 'sent a forged signal: somebody on the way may be tampering',
  [Offence.wrongIdentity]: 'is not who it claimed to be',
  [Offence.flood]: 'sent far too much',
};

export const offenceWords = (offence: Offence): string => offences[offence];
