/** What a watching page knows from events, as a pure function of them. Counters come from snapshots instead. */
import type { PeerId } from '@murmuration/shared/lib/ids.ts';
import { GraphStep, JoinStep, type NodeEvent, type Offence } from '@murmuration/shared/node/events.ts';
import type { SessionError } from './session-error.ts';
import { fitTitle } from './stream-title.ts';

export type JoinTrouble = Extract<NodeEvent, { type: 'join-trouble' }>['reason'];

/** A peer that this node cut off, and why. */
interface Cut {
  readonly peer: PeerId;
  readonly offence: Offence;
}

export interface WatchState {
  readonly phase: 'starting' | 'running' | 'stopped';
  /** The furthest step of joining; undefined before the first. */
  readonly step: JoinStep | undefined;
  /** Members that the last redirection named. */
  readonly peersFound: number;
  /** How far taking the map of the network from outside peers has come; undefined before the first step. */
  readonly map: GraphStep | undefined;
  /** Neighbours that were given up because they served a stale map. */
  readonly laggards: number;
  readonly trouble: JoinTrouble | undefined;
  /** When the trouble began (ms since 1970); means nothing without one. */
  readonly troubleSinceMs: number;
  /** From the host's beacon; undefined until one was checked. */
  readonly title: string | undefined;
  readonly bitsPerSecond: number | undefined;
  /** When the host was last heard (ms since 1970); undefined while it is heard. */
  readonly silentSinceMs: number | undefined;
  /** The epoch that ended because its host was proven to have signed two versions of it; undefined unless that is the newest one. */
  readonly equivocatedEpoch: number | undefined;
  readonly gaps: number;
  /** The newest cuts, at most {@link CUTS_KEPT}; `cutsTotal` counts all. */
  readonly cuts: readonly Cut[];
  readonly cutsTotal: number;
  /** True from the first picture on the canvas. */
  readonly pictured: boolean;
  /** What the player cannot show, in words that say what to do. */
  readonly playerTrouble: string | undefined;
  readonly error: SessionError | undefined;
}

export const CUTS_KEPT = 8;

export const initialWatchState: WatchState = {
  phase: 'starting',
  step: undefined,
  peersFound: 0,
  map: undefined,
  laggards: 0,
  trouble: undefined,
  troubleSinceMs: 0,
  title: undefined,
  bitsPerSecond: undefined,
  silentSinceMs: undefined,
  equivocatedEpoch: undefined,
  gaps: 0,
  cuts: [],
  cutsTotal: 0,
  pictured: false,
  playerTrouble: undefined,
  error: undefined,
};

const steps = Object.values(JoinStep);
const mapSteps = Object.values(GraphStep);

/** The first step that proves a trouble over. */
const curedBy: Readonly<Record<JoinTrouble, JoinStep>> = {
  'no-supernode': JoinStep.redirected,
  'no-members': JoinStep.associated,
  'no-path': JoinStep.associated,
  limits: JoinStep.attached,
};

const reached = (step: JoinStep, goal: JoinStep): boolean => steps.indexOf(step) >= steps.indexOf(goal);

/** The state after an event of the node at `nowMs`. Returns the same object if nothing changed. */
export function afterEvent(state: WatchState, event: NodeEvent, nowMs: number): WatchState {
  switch (event.type) {
    case 'join-step': {
      const cured = state.trouble !== undefined && reached(event.step, curedBy[state.trouble]);
      return {
        ...state,
        step: event.step,
        peersFound: event.step === JoinStep.redirected ? event.peers : state.peersFound,
        trouble: cured ? undefined : state.trouble,
      };
    }
    case 'join-trouble':
      return state.trouble === event.reason
        ? state
        : { ...state, trouble: event.reason, troubleSinceMs: nowMs };
    case 'stream': {
      const { bitsPerSecond, epoch } = event.beacon;
      if (state.equivocatedEpoch !== undefined && epoch > state.equivocatedEpoch)
        return afterEvent({ ...state, equivocatedEpoch: undefined }, event, nowMs);
      const title = fitTitle(event.beacon.title);
      const known = state.title === title && state.bitsPerSecond === bitsPerSecond;
      if (known && state.silentSinceMs === undefined && state.trouble === undefined) return state;
      return { ...state, title, bitsPerSecond, silentSinceMs: undefined, trouble: undefined };
    }
    case 'stream-silent':
      // The event may be repeated; the host was last heard when it first came.
      return { ...state, silentSinceMs: state.silentSinceMs ?? nowMs - event.silentMs };
    case 'equivocation':
      return { ...state, equivocatedEpoch: event.epoch };
    case 'graph-step': {
      // Replicas may agree before there is a bridge: what comes last in the list is the furthest.
      const further = mapSteps.indexOf(event.step) > (state.map ? mapSteps.indexOf(state.map) : -1);
      return further ? { ...state, map: event.step } : state;
    }
    case 'peer-lagging':
      return { ...state, laggards: state.laggards + 1 };
    case 'gap':
      return { ...state, gaps: state.gaps + 1 };
    case 'peer-cut': {
      const cut = { peer: event.peer, offence: event.offence };
      return { ...state, cuts: [cut, ...state.cuts].slice(0, CUTS_KEPT), cutsTotal: state.cutsTotal + 1 };
    }
    default:
      return state;
  }
}
