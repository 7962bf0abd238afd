// Type-checks every project of the workspace, side by side. A project that has no source yet is said to be empty.

import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';

const projects = [
  'tsconfig.json',
  'shared/src/tsconfig.json',
  'shared/tsconfig.json',
  'supernode/tsconfig.json',
  'web/tsconfig.json',
  'web/tsconfig.worker.json',
  'web/tsconfig.test.json',
  'web/tsconfig.test-pages.json',
  'e2e/tsconfig.json',
];

const noInputs = 'error TS18003';

function typecheck(project: string): Promise<boolean> {
  return new Promise((resolve) => {
    const args = ['node_modules/typescript/bin/tsc', '-p', project, '--pretty', 'false'];
    execFile(process.execPath, args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const empty = stdout.includes(noInputs);
      const ok = !error || empty;
      console.log(`${ok ? 'ok  ' : 'FAIL'} ${project}${empty ? ' (no source yet)' : ''}`);
      if (!ok) console.log(`${stdout}${stderr}`.trimEnd());
      resolve(ok);
    });
  });
}

const waiting = [...projects];
const results: boolean[] = [];
async function work() {
  for (let project = waiting.shift(); project; project = waiting.shift())
    results.push(await typecheck(project));
}
await Promise.all(Array.from({ length: availableParallelism() }, work));
process.exitCode = results.every(Boolean) ? 0 : 1;
