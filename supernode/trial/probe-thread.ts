/** A probe on a thread of its own. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ProbeResult } from './probe.ts';

/** Resolves when the probe is at work; call the answer to stop it and get what it measured. */
export async function startProbeThread(port: number): Promise<() => Promise<ProbeResult>> {
  const worker = new Worker(new URL('./probe-worker.ts', import.meta.url), { workerData: { port } });
  await once(worker, 'message');
  return async () => {
    worker.postMessage('stop');
    const [result] = await once(worker, 'message');
    await worker.terminate();
    return result;
  };
}
