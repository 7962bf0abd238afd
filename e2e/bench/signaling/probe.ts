// Loaded into a server before its own program: says what the process has used so far, when it is asked.

declare const gc: (how: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

const ROUNDS = 3;

process.on('message', async (what) => {
  if (what === 'collect') {
    // What hangs on a finalizer goes in the next round.
    for (let round = 0; round < ROUNDS; round++) {
      // What it keeps for a next burst of work is given back, too: it is no part of a connection.
      gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ cpuMicros: user + system, residentBytes: rss, heldBytes: heapUsed + external });
});
// Without the benchmark it has no reason to go on.
process.on('disconnect', () => process.exit());
// It asks nobody to stay.
process.channel?.unref();
