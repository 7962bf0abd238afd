import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { defineConfig, type Plugin } from 'vite';

// What other sites take: the web component by a script tag, and the package. Built into the page's own folder, so that a supernode
// serves it as /embed/…; the names of the entries are the same in every version.
const source = join(import.meta.dirname, 'src');
const entries = ['murmuration', 'murmuration-player'];

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // Chunks and workers are found beside the script, wherever that comes from.
  base: './',
  publicDir: false,
  plugins: [declarations()],
  build: {
    outDir: 'dist/embed',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: false,
    rolldownOptions: {
      input: Object.fromEntries(entries.map((name) => [name, join(source, 'embed', `${name}.ts`)])),
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: '[name].js' },
    },
  },
});

/** The types of the package: of its entries and of the contract that they hold to, which stand alone. */
function declarations(): Plugin {
  const files = {
    ...Object.fromEntries(entries.map((name) => [name, `embed/${name}.ts`])),
    contract: 'api/contract.ts',
  };
  return {
    name: 'declarations',
    generateBundle() {
      for (const [name, path] of Object.entries(files)) {
        const { outputText, diagnostics = [] } = ts.transpileDeclaration(
          readFileSync(join(source, path), 'utf8'),
          { fileName: path, compilerOptions: { target: ts.ScriptTarget.ES2023, strict: true } },
        );
        const [wrong] = diagnostics;
        if (wrong) this.error(`${path}: ${ts.flattenDiagnosticMessageText(wrong.messageText, '\n')}`);
        const text = outputText.replaceAll(/(['"])(?:\.\.?\/)+(?:api\/)?contract\.ts\1/g, `'./contract.js'`);
        const [, foreign] = /(?:from|import\()\s*['"](?!\.\/contract\.js)([^'"]+)/.exec(text) ?? [];
        if (foreign) this.error(`${path}: its types stand on ${foreign}, which is not in the package.`);
        this.emitFile({ type: 'asset', fileName: `${name}.d.ts`, source: text });
      }
    },
  };
}
