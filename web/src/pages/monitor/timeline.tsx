/** Stops the time, and goes back in it. */
import { useId } from 'preact/hooks';
import { readableMoment } from '../../state/monitor/moments.ts';

export interface TimelineProps {
  readonly fromMs: number;
  readonly toMs: number;
  /** Undefined: now, as it goes on. */
  readonly atMs: number | undefined;
  /** Where pictures begin. */
  readonly picturesFromMs: number;
  onChange(atMs: number | undefined): void;
}

const STEP_MS = 1_000;

export function Timeline({ fromMs, toMs, atMs, picturesFromMs, onChange }: TimelineProps) {
  const id = useId();
  const isLive = atMs === undefined;
  const lastMs = STEP_MS * Math.ceil(toMs / STEP_MS);
  const moment = readableMoment(atMs ?? toMs, toMs);
  return (
    <div class="timeline">
      <button class="button" type="button" onClick={() => onChange(isLive ? toMs : undefined)}>
        {isLive ? 'Pause' : 'Back to now'}
      </button>
      <label class="visually-hidden" for={id}>
        Time that is shown
      </label>
      <input
        id={id}
        type="range"
        min={STEP_MS * Math.floor(fromMs / STEP_MS)}
        max={lastMs}
        step={STEP_MS}
        value={atMs ?? lastMs}
        aria-valuetext={isLive ? 'now' : moment}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
      <output for={id} class="timeline-moment">
        {isLive ? (
          <span class="timeline-live">Live</span>
        ) : (
          <>
            {moment}
            {atMs < picturesFromMs && (
              <span class="hint"> · picture of {readableMoment(picturesFromMs, toMs)}</span>
            )}
          </>
        )}
      </output>
    </div>
  );
}
