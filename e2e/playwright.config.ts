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
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: { args: chromiumFlags, ...(executablePath ? { executablePath } : {}) },
  },
});
