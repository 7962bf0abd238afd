// Which Chromium the browser tests and the benchmarks drive, and with which flags. Playwright's own build is preferred where it
// can be downloaded; elsewhere a Chromium of the system does as well.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright';
import { installPackage, isExecutable, pathsOf, run } from './system-programs.ts';

/** Peers on loopback must find each other, a page in the background must keep its pace, and no dialog may ask for a camera. */
export const chromiumFlags = [
  '--allow-loopback-in-peer-connection',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--autoplay-policy=no-user-gesture-required',
  '--use-fake-device-for-media-stream=display-media-type=browser',
  '--use-fake-ui-for-media-stream',
  '--auto-accept-this-tab-capture',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The microphone permission ends the hiding of local addresses behind mDNS names, which do not resolve everywhere. */
export const chromiumPermissions = ['microphone', 'camera'];

const systemNames = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'microsoft-edge',
];
const systemPaths = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

class ChromiumMissing extends Error {
  override name = 'ChromiumMissing';
}

/** The path of a Chromium that is already here: CHROMIUM_PATH, Playwright's own, or one of the system. */
export function findChromium(): string | undefined {
  const asked = process.env.CHROMIUM_PATH;
  if (asked) {
    if (!isExecutable(asked)) throw new ChromiumMissing(`CHROMIUM_PATH is ${asked}, which is no program.`);
    return asked;
  }
  return [chromium.executablePath(), ...pathsOf(systemNames), ...systemPaths].find(
    (path) => path !== '' && isExecutable(path),
  );
}

/** Finds a Chromium, or else installs one. Slow the first time; says what it does. */
export function findOrInstallChromium(): string {
  const found = findChromium();
  if (found) return found;

  console.log("No Chromium here: trying Playwright's own …");
  const playwright = join(
    dirname(createRequire(import.meta.url).resolve('playwright/package.json')),
    'cli.js',
  );
  run(process.execPath, [playwright, 'install', 'chromium'], 'ignore', 10 * 60_000);

  if (!findChromium() && installPackage('chromium'))
    console.log("That did not work: installed the system's chromium.");

  const installed = findChromium();
  if (installed) return installed;
  throw new ChromiumMissing(
    'The browser tests need Chromium. Install it (Debian, Ubuntu: sudo apt-get install chromium), or set CHROMIUM_PATH to one.',
  );
}
