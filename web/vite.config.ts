import { defineConfig } from 'vite';

// No Preact plugin: it brings Babel along, only for hot reloading that keeps component state.
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
  },
});
