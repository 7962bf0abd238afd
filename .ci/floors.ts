// Checks the floors with dependency-cruiser, and checks dependency-cruiser: it has been seen to read no module at all and exit
// with 0. So every source file on disk must be among the modules read, and every rule must report its planted example.

import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { floors, sharedRooms } from './floor-rules.ts';

const folders = [
  'shared/src',
  'shared/sim',
  'web/src',
  'supernode/src',
  'supernode/bench',
  'supernode/trial',
  'supernode/client',
  'supernode/examples',
  'e2e',
];
const failures: string[] = [];

async function readModules(baseDir: string): Promise<ICruiseResult> {
  const { output } = await cruise(
    sourceFiles(baseDir),
    {
      baseDir,
      ruleSet: { forbidden: floors.map(({ rule }) => rule) },
      validate: true,
      doNotFollow: { path: 'node_modules' },
      // Type-only imports count: a type of an upper floor binds as tightly as its code.
      tsPreCompilationDeps: true,
    },
    {
      extensions: ['.ts', '.tsx', '.js', '.json', '.css', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import'],
    },
  );
  return output as ICruiseResult;
}

function sourceFiles(baseDir: string): string[] {
  return folders.flatMap((folder) =>
    globSync(`${folder}/**/*.{ts,tsx}`, {
      cwd: baseDir,
      exclude: (name) => name === 'node_modules' || name === 'test-results',
    }),
  );
}

/** Writes a tree in which every rule is broken, reads it, and returns the names of the rules that did not notice. */
async function rulesThatMissTheirExample(): Promise<string[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'floors-'));
  const write = (path: string, text: string) => {
    mkdirSync(join(scratch, dirname(path)), { recursive: true });
    writeFileSync(join(scratch, path), text, { flag: 'a' });
  };
  try {
    const planted = floors.flatMap(({ rule, examples }) =>
      examples.map((example) => ({ name: rule.name, ...example })),
    );
    for (const example of planted) {
      const { from } = example;
      if ('to' in example) {
        const path = relative(dirname(from), example.to);
        write(from, `import ${JSON.stringify(path.startsWith('.') ? path : `./${path}`)};\n`);
        write(example.to, 'export {};\n');
      } else write(from, `import ${JSON.stringify(example.specifier)};\n`);
    }
    const { summary } = await readModules(scratch);
    // A cycle is reported once, from whichever of its modules comes first.
    const seen = new Set(
      summary.violations.flatMap(({ rule, from, cycle = [] }) =>
        [from, ...cycle.map(({ name }) => name)].map((path) => `${rule.name}: ${path}`),
      ),
    );
    return planted.map(({ name, from }) => `${name}: ${from}`).filter((key) => !seen.has(key));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const { modules, summary } = await readModules(process.cwd());
const read = new Set(modules.map(({ source }) => source));

for (const { rule, from, to } of summary.violations) failures.push(`${rule.name}: ${from} → ${to}`);
for (const file of sourceFiles(process.cwd())) if (!read.has(file)) failures.push(`not read: ${file}`);
for (const room of globSync('shared/src/*/')) {
  const name = room.replaceAll('\\', '/').split('/')[2];
  if (name && !sharedRooms.includes(name))
    failures.push(`${room} has no floor: give it one in .ci/floor-rules.ts`);
}
for (const miss of await rulesThatMissTheirExample())
  failures.push(`a planted violation went unnoticed: ${miss}`);

const counts = folders.map(
  (folder) => `${folder} ${[...read].filter((path) => path.startsWith(`${folder}/`)).length}`,
);
console.log(`Modules read: ${counts.join(', ')}. Rules tried on planted violations: ${floors.length}.`);
for (const failure of failures) console.error(failure);
if (failures.length > 0) {
  for (const { rule } of floors)
    if (failures.some((failure) => failure.startsWith(`${rule.name}: `)))
      console.error(`  ${rule.name}: ${rule.comment}`);
  process.exitCode = 1;
}
