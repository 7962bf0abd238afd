import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    include: ['{shared,supernode,web}/**/*.test.ts', 'web/**/*.test.tsx'],
    environment: 'node',
    passWithNoTests: true,
    // Wide, because simulations run here and the machine may be busy; a hang still ends.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
