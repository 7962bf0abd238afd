/** What can happen in `pnpm sim forest`, and which figures are then to be reached (design section 8). */
import { type Random, randomFloat } from '../../src/lib/random.ts';
import type { ForestFigures, ForestStageOptions, ViewerTraits } from './forest-stage.ts';
import { hostileKinds } from './hostile-relay.ts';
import type { MachineSettings } from './machines.ts';
import type { HostileKind } from './relay-world-parts.ts';

export type Limit = { readonly most: number } | { readonly least: number };
type Targets = Partial<Record<keyof ForestFigures, Limit>>;

/** What the command line says. */
interface ScenarioArguments {
  readonly nodes: number;
  /** Share of the viewers that vanish, or that are hostile. */
  readonly kill: number;
  readonly hostile: number;
}

type Changes = Partial<
  Pick<
    ForestStageOptions,
    | 'sessionMeanMs'
    | 'killShare'
    | 'viewer'
    | 'hostSlots'
    | 'joinWithinMs'
    | 'bitsPerSecond'
    | 'settleMs'
    | 'machines'
  >
>;

export interface Scenario {
  readonly summary: string;
  readonly options: (given: ScenarioArguments) => Changes;
  readonly targets: (given: ScenarioArguments) => Targets;
}

/** Whatever happens: nothing forged is taken. */
const always: Targets = { forgedAccepted: { most: 0 } };

const calm = ({ nodes }: ScenarioArguments): Targets => ({
  ...always,
  lostFrames: { most: 0 },
  deliveredP99Ms: { most: nodes > 1_000 ? 400 : 300 },
  controlRatio: { most: 0.04 },
  hostUploadMean: { most: 2.2 },
  hostUploadPeak: { most: 3 },
  uploadMax: { most: 1.5 },
  ...(nodes >= 10 ? { uploadJain: { least: 0.85 } } : {}),
  depthMax: { most: nodes <= 100 ? 5 : nodes <= 1_000 ? 6 : 8 },
});

const hostileViewer =
  (share: number, kinds: readonly HostileKind[]) =>
  (number: number, random: Random): ViewerTraits =>
    randomFloat(random) < share ? { hostile: kinds[number % kinds.length] } : {};

/** Uplinks with these 5th, 50th and 95th percentiles, in kB/s: straight lines through them on a logarithmic scale. */
const UPLINKS = [
  [0, 60],
  [0.05, 90],
  [0.5, 333],
  [0.95, 654],
  [1, 800],
] as const;
/** What an uplink carries bounds them earlier. */
const SLOTS_MANY = 6;
/** Time in which a host finds out what its swarm can carry. */
const FIND_BITRATE_MS = 30_000;

function slowUplink(_number: number, random: Random): ViewerTraits {
  const lot = randomFloat(random);
  const at = UPLINKS.findIndex(([share], i) => lot <= (UPLINKS[i + 1]?.[0] ?? 1) && lot >= share);
  const [fromShare, from] = UPLINKS[at] ?? [0, 60];
  const [toShare, to] = UPLINKS[at + 1] ?? [1, 800];
  const kilobytes = from * (to / from) ** ((lot - fromShare) / (toShare - fromShare));
  const uploadBitsPerSecond = kilobytes * 8_000;
  return { uploadBitsPerSecond, slots: SLOTS_MANY };
}

/** What such uplinks carry: a stream of 2.5 Mbit/s would need more than all of them have. */
const SLOW_BITS_PER_SECOND = 1_500_000;

/** Upload for one copy of the usual stream, and some for all else. */
const ONE_COPY = { slots: SLOTS_MANY, limitBitsPerSecond: 3_200_000 };

/** A stream whose frames and votes keep a machine of two cores busy for 86% of the time, however many viewers it has; joining takes more. */
const BUSY_BITS_PER_SECOND = 1_000_000;
const busyMachine = (nodes: number): MachineSettings => ({
  nodes: nodes + 1,
  cores: 2,
  packetUs: 12_000 / nodes,
  kilobyteUs: 900 / nodes,
});

/** Every second one passes nothing on; the others together have a little more than what is missing, one of them most of it. */
const smallViewer =
  ({ nodes }: ScenarioArguments) =>
  (number: number): ViewerTraits => {
    if (number % 2 === 1) return { slots: 0 };
    const demand = Math.max(0, nodes - SMALL_HOST_SLOTS) * 1.1;
    const givers = Math.ceil(nodes / 2);
    if (number === 0) return { slots: Math.max(1, demand - (givers - 1) * 0.5), uploadBitsPerSecond: 40e6 };
    return { slots: 0.5, uploadBitsPerSecond: 2e6 };
  };
const SMALL_HOST_SLOTS = 2;

export const scenarios: ReadonlyMap<string, Scenario> = new Map<string, Scenario>([
  [
    'steady',
    {
      summary: 'everyone joins within 5 s and stays',
      options: () => ({}),
      targets: (given) => ({ ...calm(given), redundancy: { most: 1.03 } }),
    },
  ],
  [
    'churn',
    {
      summary: 'sessions of 10 min, half of them end in a crash',
      options: () => ({ sessionMeanMs: 600_000 }),
      targets: () => ({
        ...always,
        lostFrames: { most: 0 },
        redundancy: { most: 1.1 },
        hostUploadMean: { most: 2.2 },
        hostUploadPeak: { most: 3 },
        parentLossExtraP50Ms: { most: 150 },
        parentLossExtraP99Ms: { most: 400 },
        stallsPerHour: { most: 1 },
      }),
    },
  ],
  [
    'mass-failure',
    {
      summary: 'a share of the viewers (--kill) crashes at the same moment',
      options: ({ kill }) => ({ killShare: kill }),
      targets: ({ kill }) => ({
        ...always,
        recoverMs: { most: kill <= 0.3 ? 1_000 : kill <= 0.5 ? 2_000 : 4_000 },
      }),
    },
  ],
  [
    'byzantine',
    {
      summary: `a share of the viewers (--hostile) is ${hostileKinds.join(', ')}, in turn`,
      options: ({ hostile }) => ({ viewer: hostileViewer(hostile, hostileKinds) }),
      targets: () => always,
    },
  ],
  [
    'silent',
    {
      summary: 'a share of the viewers (--hostile) takes children and sends them nothing',
      options: ({ hostile }) => ({ viewer: hostileViewer(hostile, ['silent']) }),
      targets: () => ({ ...always, deliveredRatio: { least: 0.999 } }),
    },
  ],
  [
    'all-parents-hostile',
    {
      summary: 'nine of ten viewers forge what they pass on',
      options: () => ({ viewer: hostileViewer(0.9, ['forger']) }),
      targets: () => always,
    },
  ],
  [
    'scarce',
    {
      summary: 'four of ten viewers give one copy, the others nothing: there is less than what is needed',
      options: () => ({
        settleMs: FIND_BITRATE_MS,
        viewer: (number) => (number % 5 < 2 ? ONE_COPY : { slots: 0 }),
      }),
      targets: () => ({ ...always, starvedStripeSeconds: { most: 0 } }),
    },
  ],
  [
    'small',
    {
      summary: 'every second viewer gives nothing, and the others barely enough, most of it one of them',
      options: (given) => ({ viewer: smallViewer(given), hostSlots: SMALL_HOST_SLOTS }),
      targets: () => ({
        ...always,
        lostFrames: { most: 0 },
        starvedStripeSeconds: { most: 0 },
        redundancy: { most: 1.03 },
      }),
    },
  ],
  [
    'slow-uplinks',
    {
      summary: 'uplinks of 90 / 333 / 654 kB/s (5th, 50th, 95th percentile), a stream of 1.5 Mbit/s',
      options: () => ({
        viewer: slowUplink,
        bitsPerSecond: SLOW_BITS_PER_SECOND,
        settleMs: FIND_BITRATE_MS,
      }),
      targets: () => ({ ...always, lostFrames: { most: 0 }, redundancy: { most: 1.03 } }),
    },
  ],
  [
    'busy-machine',
    {
      summary: 'all share two processors that have hardly enough time for what has to be done',
      options: ({ nodes }) => ({ bitsPerSecond: BUSY_BITS_PER_SECOND, machines: busyMachine(nodes) }),
      targets: () => ({
        ...always,
        deliveredRatio: { least: 0.99 },
        redundancy: { most: 1.1 },
        hostUploadMean: { most: 2.5 },
      }),
    },
  ],
  [
    'flash-crowd',
    {
      summary: 'everyone joins within 10 s, on top of each other',
      options: () => ({ joinWithinMs: 10_000 }),
      targets: () => ({ ...always, lostFrames: { most: 0 }, hostUploadPeak: { most: 3 } }),
    },
  ],
]);
