// Where the built pages are: the one that people are served, and those that only tests open. Builds what a test is about to open,
// so that nobody tests yesterday's page.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const web = join(import.meta.dirname, '../../web');

/** Set to a folder that holds `dist` and `dist-test`, nothing is built and these are used. */
const given = process.env.MURMURATION_E2E_PAGES;

/** The page that a supernode serves. */
export const pageFolder = join(given ?? web, 'dist');
/** Pages such as the tampering relay, which are not in what people are served. */
export const testPagesFolder = join(given ?? web, 'dist-test');

/** What a page of another site may look like. */
export const examplesFolder = join(web, 'examples');

/** Takes some seconds. Throws if a build fails. */
export function buildPages(): void {
  if (given) return;
  for (const config of ['vite.config.ts', 'vite.embed.config.ts', 'vite.test-pages.config.ts']) {
    execFileSync(
      process.execPath,
      ['node_modules/vite/bin/vite.js', 'build', '--config', config, '--logLevel', 'warn'],
      { cwd: web, stdio: ['ignore', 'inherit', 'inherit'] },
    );
  }
}
