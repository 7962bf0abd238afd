/** How loud the source is, so that a host sees that there is sound before anybody else misses it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveSource } from '../../media/source.ts';

const READ_EVERY_MS = 100;
/** The bar falls by this share of what it showed at each reading, and rises at once. */
const FALL = 0.2;
/** −6 dB of full scale and more sounds harsh soon. */
const LOUD = 90;
const SILENT_AFTER_MS = 4_000;
/** What only a switched-off microphone stays below: −57 dB of full scale. */
const SILENT_BELOW = 0.05;

export function LevelMeter({ source, paused }: { source: LiveSource; paused: boolean }) {
  const meter = useRef<HTMLMeterElement>(null);
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    let shown = 0;
    let heardMs = performance.now();
    const read = () => {
      const level = source.level?.();
      if (level === undefined) return;
      const nowMs = performance.now();
      if (level > SILENT_BELOW || paused) heardMs = nowMs;
      setSilent(nowMs - heardMs > SILENT_AFTER_MS);
      shown = Math.max(level, shown * (1 - FALL));
      if (meter.current) meter.current.value = Math.round(100 * shown);
    };
    const timer = setInterval(read, READ_EVERY_MS);
    return () => clearInterval(timer);
  }, [source, paused]);
  return (
    <div class="level">
      <span aria-hidden="true">Sound</span>
      <meter
        class="level-meter"
        ref={meter}
        aria-label="Loudness of your sound"
        min={0}
        max={100}
        high={LOUD}
        optimum={50}
      />
      <p class="level-note" role="status">
        {silent && 'Nothing to be heard. Is the microphone switched off?'}
      </p>
    </div>
  );
}
