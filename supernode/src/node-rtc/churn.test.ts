/** Many connections in the life of one process: nothing of them stays, nothing crashes, and the process ends by itself. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../trial/webrtc-churn.ts', import.meta.url));
/** What allocators keep; a leaked connection would be some 0.8 MB, 200 of them a round. */
const MEGABYTES_MORE_MAX = 60;

interface Round {
  readonly made: number;
  readonly heard: number;
  readonly descriptors: number;
  readonly residentMegabytes: number;
}

test('[R2] after 3 × 200 connections memory and descriptors are as before, and the process exits', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--expose-gc', program], {
    timeout: 50_000,
  });
  const rounds = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Round);
  expect(rounds.map(({ heard }) => heard)).toEqual([200, 400, 600]);
  const [first, , last] = rounds as [Round, Round, Round];
  expect(last.descriptors).toBeLessThanOrEqual(first.descriptors + 2);
  expect(last.residentMegabytes).toBeLessThan(first.residentMegabytes + MEGABYTES_MORE_MAX);
  expect(stderr).toBe('');
});
