import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vite';

// Pages that only browser tests open. They are built apart, so that nothing of them is in what people are served.
const root = join(import.meta.dirname, 'test-pages');

export default defineConfig({
  root,
  base: './',
  build: {
    outDir: join(import.meta.dirname, 'dist-test'),
    emptyOutDir: true,
    target: 'es2023',
    rolldownOptions: {
      input: readdirSync(root)
        .filter((name) => name.endsWith('.html'))
        .map((name) => join(root, name)),
    },
  },
});
