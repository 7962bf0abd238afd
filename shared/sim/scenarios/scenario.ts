/**
 * What a scenario is: a name, the world it plays in, what happens in it, and the figures it must reach. The stage
 * (../stage.ts) plays it; adding one means adding a file here and a line in index.ts.
 */
import type { Figures } from '../figures.ts';
import type { NetworkSettings } from '../network-settings.ts';
import type { HostOptions, Simulation, ViewerOptions } from '../simulation.ts';

export interface Target {
  /** For people, such as `redundancy ≤ 1.05`. */
  readonly text: string;
  readonly figure: keyof Figures;
  readonly met: (value: number) => boolean;
}

export const atMost = (figure: keyof Figures, most: number): Target => ({
  text: `${figure} ≤ ${most}`,
  figure,
  met: (value) => value <= most,
});

export const atLeast = (figure: keyof Figures, least: number): Target => ({
  text: `${figure} ≥ ${least}`,
  figure,
  met: (value) => value >= least,
});

export const exactly = (figure: keyof Figures, wanted: number): Target => ({
  text: `${figure} = ${wanted}`,
  figure,
  met: (value) => value === wanted,
});

/** The measured window, in ms of virtual time. */
export interface Window {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Scenario {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** Viewers, unless the command line says otherwise. */
  readonly nodes: number;
  /** Length of the measured window in seconds. */
  readonly seconds: number;
  /** Share of `frames` packets lost. */
  readonly loss: number;
  /** Children that a node feeds at most, unless the command line says otherwise. Default: the product's. */
  readonly slots?: number;
  readonly network?: Partial<NetworkSettings>;
  readonly host?: HostOptions;
  /** How viewer number `index` of `count` differs from the others. Asked in the order of joining. */
  readonly viewer?: (index: number, count: number, simulation: Simulation, window: Window) => ViewerOptions;
  /** Called when the window opens: puts what happens in it into the clock. */
  readonly during?: (simulation: Simulation, window: Window) => void;
  /** How long after the window to wait for the replicas to agree, at most, in ms. */
  readonly convergeWithinMs: number;
  readonly targets: readonly Target[];
}

/** What holds in every scenario, whatever else happens. */
export const alwaysHeld: readonly Target[] = [exactly('forgedAccepted', 0), exactly('invariantsBroken', 0)];
