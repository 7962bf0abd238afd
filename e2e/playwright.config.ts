import { defineConfig } from 'playwright/test';
import { chromiumFlags, chromiumPermissions, findChromium } from './support/chromium.ts';

const executablePath = findChromium();

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  globalSetup: './support/global-setup.ts',
  // A swarm is many pages already: one test at a time keeps timings comparable.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  // Wide, because the machine may be small and busy; tests wait on what they see, so a good run never waits this long.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    headless: true,
    permissions: chromiumPermissions,
    // A trace of every page would take more of a small machine than the swarm itself; `--trace on` asks for one. What all pages
    // showed when a test failed is attached by support/swarm.ts.
    trace: 'off',
    screenshot: 'off',
    launchOptions: { args: chromiumFlags, ...(executablePath ? { executablePath } : {}) },
  },
});
