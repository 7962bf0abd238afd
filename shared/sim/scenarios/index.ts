/** All scenarios, by name, in the order in which `--help` lists them. */
import { churnLight } from './churn-light.ts';
import { firstLight } from './first-light.ts';
import { lossy } from './lossy.ts';
import type { Scenario } from './scenario.ts';
import { tamper } from './tamper.ts';
import { unsigned } from './unsigned.ts';

export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [firstLight, churnLight, lossy, tamper, unsigned].map((scenario) => [scenario.name, scenario]),
);
