/** Runs a probe on a thread of its own, so that it measures the supernode and not the attackers. */
import { parentPort, workerData } from 'node:worker_threads';
import { Probe } from './probe.ts';

const probe = await Probe.start(workerData.port);
parentPort?.postMessage('started');
parentPort?.once('message', async () => {
  parentPort?.postMessage(await probe.stop());
});
