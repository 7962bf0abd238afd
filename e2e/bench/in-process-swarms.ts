// The relay and js-libp2p gossipsub, each as a program of its own with all its nodes in one process: the same frames at the same
// moments, signatures checked by everyone, transports in memory, no encryption. So their processor time can be compared, as
// that of real pages cannot, where WebRTC takes most.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FRAME_BYTES, FRAMES_PER_MESSAGE, MESSAGES_PER_SECOND } from './relay-traffic.ts';
import type { Progress } from './report.ts';

const SECONDS = 8;
const DONE_WITHIN_MS = 300_000;

const programs = {
  relay: fileURLToPath(new URL('../../supernode/bench/relay-swarm.ts', import.meta.url)),
  gossipsub: fileURLToPath(new URL('gossipsub-swarm.ts', import.meta.url)),
};

/** One run. All figures are per frame that a viewer was given. */
export interface InProcessRun {
  /** Copies that came in. */
  readonly redundancy: number;
  /** Bytes that came in, everything but the transport's own headers. */
  readonly bytesPerFrame: number;
  readonly cpuMicrosPerFrame: number;
  readonly deliveredRatio: number;
}

/** One run of each, in turns, as often as asked. */
export async function measureInProcess(
  viewers: number,
  rounds: number,
  progress: Progress,
): Promise<{ readonly relay: InProcessRun[]; readonly gossipsub: InProcessRun[] }> {
  const runs = { relay: [] as InProcessRun[], gossipsub: [] as InProcessRun[] };
  const names = ['relay', 'gossipsub'] as const;
  for (let round = 1; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const run = await runProgram(programs[name], viewers + 1);
      runs[name].push(run);
      progress(`  round ${round} of ${rounds}: ${name} ${Math.round(run.cpuMicrosPerFrame)} µs per frame`);
    }
  }
  return runs;
}

async function runProgram(program: string, nodes: number): Promise<InProcessRun> {
  const options = {
    nodes,
    seconds: SECONDS,
    'frame-bytes': FRAME_BYTES,
    'frames-per-message': FRAMES_PER_MESSAGE,
    'messages-per-second': MESSAGES_PER_SECOND,
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], {
    timeout: DONE_WITHIN_MS,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
