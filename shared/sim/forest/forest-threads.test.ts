import { describe, expect, it } from 'vitest';
import { type ForestTask, playTask } from './forest-task.ts';
import { playOnThreads } from './forest-threads.ts';
import { Parcel } from './parcel.ts';
import { seatsFor, Team } from './team.ts';

const TEST_TIMEOUT_MS = 60_000;
const task: ForestTask = { scenario: 'steady', nodes: 20, seed: 5, seconds: 4, kill: 0.3, hostile: 0.4 };

describe('a relay world on several threads', () => {
  it.for([
    ['churn', 2],
    ['byzantine', 3],
    ['mass-failure', 2],
    ['busy-machine', 2],
  ] as const)(
    'plays the same %s, to the byte, on %i as on one',
    { timeout: TEST_TIMEOUT_MS },
    async ([scenario, threads]) => {
      const given = { ...task, scenario };
      expect(await playOnThreads(given, threads, undefined)).toEqual(playTask(given, undefined));
    },
  );

  it('ends with the error of the thread that broke, though the others wait for it', async () => {
    const broken = { ...task, scenario: 'there is none' };
    await expect(playOnThreads(broken, 2, undefined)).rejects.toThrow('there is none');
  });
});

describe('a team', () => {
  it('gives each node to one member', () => {
    const teams = seatsFor(3).map((seat) => new Team(seat));
    for (let node = 0; node < 10; node++) expect(teams.filter((team) => team.owns(node))).toHaveLength(1);
    expect(teams.map(({ leads }) => leads)).toEqual([true, false, false]);
  });

  it('has nothing to wait for where it is one', () => {
    const team = Team.alone();
    expect(team.gather([3, 1])).toEqual([3, 1]);
    expect(team.sums([3, 1])).toEqual([3, 1]);
    expect(team.owns(7)).toBe(true);
  });
});

describe('a parcel', () => {
  it('gives back numbers and texts as they were put in', () => {
    const parcel = new Parcel();
    const numbers = Array.from({ length: 200 }, (_, i) => i / 7 - 3);
    parcel.putText('à la carte');
    for (const number of [...numbers, Number.POSITIVE_INFINITY]) parcel.put(number);
    expect(parcel.takeText()).toBe('à la carte');
    expect(parcel.rest()).toEqual([...numbers, Number.POSITIVE_INFINITY]);
    expect(parcel.isDone).toBe(true);
  });
});
