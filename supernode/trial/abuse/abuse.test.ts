/** Every way to misuse a supernode ends as the guide says, and the supernode lives. Times and memory: `pnpm bench abuse`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SupernodeProcess, startSupernodeProcess } from '../supernode-process.ts';
import { TrialClient } from '../trial-client.ts';
import { abuseCases } from './abuse.ts';
import { TARGET_FLAGS } from './abuse-case.ts';

let supernode: SupernodeProcess;
let victim: TrialClient;

beforeAll(async () => {
  supernode = await startSupernodeProcess(TARGET_FLAGS);
  victim = await TrialClient.open(supernode.port);
});
afterAll(() => supernode.child.kill('SIGKILL'));

test('at least thirty, each with a name of its own', () => {
  expect(abuseCases.length).toBeGreaterThanOrEqual(30);
  expect(new Set(abuseCases.map(({ name }) => name)).size).toBe(abuseCases.length);
});

describe('abuse', () => {
  for (const { name, expects, run } of abuseCases) {
    test(name, async () => {
      const metric = async (figure: string): Promise<number> => (await supernode.metrics()).get(figure) ?? 0;
      expect(await run({ port: supernode.port, victim, metric })).toBe(expects);
    });
  }

  test('and after all that it serves those who behave', async () => {
    expect(supernode.child.exitCode).toBeNull();
    expect((await fetch(`http://127.0.0.1:${supernode.port}/readyz`)).status).toBe(200);
    expect(victim.socket.readyState).toBe(victim.socket.OPEN);
    const newcomer = await TrialClient.open(supernode.port);
    newcomer.end();
  });
});
