import { mkdtemp, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyFileIn, usualKeyFolder } from './key-folder.ts';

test('keys are in the folder that XDG names, and a relative one counts as none', () => {
  expect(usualKeyFolder({ XDG_STATE_HOME: '/state' })).toBe(join('/state', 'murmuration', 'keys'));
  for (const environment of [{}, { XDG_STATE_HOME: '' }, { XDG_STATE_HOME: 'state' }])
    expect(usualKeyFolder(environment)).toBe(join(homedir(), '.local', 'state', 'murmuration', 'keys'));
});

test('the folder is made for its owner alone', async () => {
  const state = await mkdtemp(join(tmpdir(), 'state-'));
  const folder = join(state, 'murmuration', 'keys');
  expect(await keyFileIn(folder, 'prices')).toBe(join(folder, 'prices.key'));
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await rm(state, { recursive: true });
});
