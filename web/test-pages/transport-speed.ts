/**
 * Measures one hop between two transports of one page: set-up, and goodput of 16 KiB packets on `control` with a high-water mark
 * of 128 KiB. Writes one JSON object into the page. `?mib=` sets how much is sent in each of the runs.
 */
import { Channel } from '@murmuration/shared/node/ports.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { LINK, openPair } from './page-pair.ts';

const HIGH_WATER_BYTES = 128 * 1024;
const SET_UPS = 10;
const RUNS = 5;

const mebibytes = Number(new URLSearchParams(location.search).get('mib') ?? 64);

async function measureSetUp(): Promise<{ setUpMs: number; signals: number; signalBytes: number }> {
  const { dialer, answerer, setUpMs, signals, signalBytes } = await openPair({}, {});
  dialer.close(LINK);
  answerer.close(LINK);
  return { setUpMs, signals, signalBytes };
}

/** MB/s from the first send to the last packet's arrival. */
async function measureGoodput(): Promise<{ megabytesPerSecond: number; drained: number }> {
  const packets = (mebibytes * 1024 * 1024) / limits.packetBytesMax;
  const packet = new Uint8Array(limits.packetBytesMax);
  let arrived = 0;
  let sent = 0;
  let drained = 0;
  let done = (): void => {};
  const complete = new Promise<void>((resolve) => {
    done = resolve;
  });
  const pump = (): void => {
    while (sent < packets && pair.dialer.bufferedBytes(LINK, Channel.control) < HIGH_WATER_BYTES) {
      if (!pair.dialer.send(LINK, Channel.control, packet)) throw new Error('not open');
      sent++;
    }
  };
  const pair = await openPair(
    {
      drained: () => {
        drained++;
        pump();
      },
    },
    {
      received: () => {
        if (++arrived === packets) done();
      },
    },
  );
  const startMs = performance.now();
  pump();
  await complete;
  const tookMs = performance.now() - startMs;
  pair.dialer.close(LINK);
  return { megabytesPerSecond: (packets * packet.length) / 1000 / tookMs, drained };
}

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

const report = document.querySelector('[data-testid=report]') as HTMLElement;
try {
  const setUps = [];
  for (let i = 0; i < SET_UPS; i++) setUps.push(await measureSetUp());
  const runs = [];
  for (let i = 0; i < RUNS; i++) runs.push(await measureGoodput());
  report.textContent = JSON.stringify({
    setUpMs: median(setUps.map(({ setUpMs }) => setUpMs)),
    setUpsMs: setUps.map(({ setUpMs }) => Math.round(setUpMs)),
    signals: setUps[0]?.signals,
    signalBytes: setUps[0]?.signalBytes,
    goodputMegabytesPerSecond: median(runs.map(({ megabytesPerSecond }) => megabytesPerSecond)),
    runsMegabytesPerSecond: runs.map(({ megabytesPerSecond }) => Math.round(megabytesPerSecond)),
    drained: runs.map(({ drained }) => drained),
  });
} catch (error) {
  report.textContent = `failed: ${error}`;
}
