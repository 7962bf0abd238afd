/** What viewers will see, from the source itself: no detour through the swarm. */
import { useEffect, useRef } from 'preact/hooks';
import type { HostState } from '../../session/host-session.ts';
import type { Readable } from '../../session/observable.ts';
import type { HostView } from '../../state/host-view.ts';
import { readableBitRate, readableDuration } from '../../state/readable-numbers.ts';
import { useReadable } from '../parts/use-readable.ts';
import { LevelMeter } from './level-meter.tsx';

export function Preview({ state, view }: { state: HostState; view: Readable<HostView> }) {
  const frame = useRef<HTMLDivElement>(null);
  const { source, phase, paused, changing } = state;
  const live = phase === 'live';
  useEffect(() => {
    frame.current?.replaceChildren(...(source ? [source.preview] : []));
  }, [source]);
  return (
    <figure class="stage" aria-label="Preview">
      <div class="stage-picture">
        <div class={`preview ${paused ? 'preview-paused' : ''}`} ref={frame} />
        <Progress state={state} />
        {live && (
          <p class={`live-badge ${paused ? 'live-badge-paused' : ''}`}>
            {paused ? 'Paused' : 'Live'} <LiveTime view={view} />
          </p>
        )}
      </div>
      <figcaption>
        {source
          ? `${source.info.description}${live ? '' : `, about ${readableBitRate(source.info.bitsPerSecond)}`}`
          : '\u00a0'}
        {source?.level && <LevelMeter key={source} source={source} paused={paused} />}
      </figcaption>
      <p class="visually-hidden" role="status">
        {changing ? 'Opening the other source…' : ''}
      </p>
    </figure>
  );
}

function LiveTime({ view }: { view: Readable<HostView> }) {
  const { figures } = useReadable(view);
  return <span>{readableDuration(figures?.liveMs ?? 0)}</span>;
}

function Progress({ state: { source, phase, paused, changing } }: { state: HostState }) {
  if (phase === 'opening-source' || (changing && !source))
    return <p class="stage-progress stage-busy">Opening the source…</p>;
  if (paused) return <p class="stage-progress">Paused. Viewers see a card that says so, and hear nothing.</p>;
  if (source) return null;
  return (
    <p class="stage-progress">
      {phase === 'live'
        ? 'Viewers see a card meanwhile. Choose another source.'
        : 'Choose a source to see its preview.'}
    </p>
  );
}
