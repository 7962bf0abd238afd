// `pnpm bench <name>`: runs one benchmark, prints its table, and fails if a target was missed.

import { readCommandLine } from './command-line.ts';
import { gateway } from './gateway.ts';
import { glass } from './glass.ts';
import { monitor } from './monitor.ts';
import { relay } from './relay.ts';
import { misses, table } from './report.ts';
import { soak } from './soak.ts';
import { supernode } from './supernode.ts';
import { abuse, drain } from './supernode-trial.ts';
import { swarm } from './swarm.ts';

const asked = readCommandLine(process.argv.slice(2), {
  glass,
  relay,
  monitor,
  abuse,
  drain,
  supernode,
  gateway,
  swarm,
  soak,
});
if (asked.kind === 'help') {
  console.log(asked.text);
} else if (asked.kind === 'wrong') {
  console.error(asked.why);
  process.exitCode = 2;
} else {
  const report = await asked.benchmark.run((words) => console.error(words), asked.given);
  console.log(table(report));
  const missed = misses(report);
  for (const words of missed) console.error(`Missed: ${words}`);
  process.exitCode = missed.length > 0 ? 1 : 0;
  if (asked.json) console.log(JSON.stringify(report.figures));
}
