/** What viewers will see, from the source itself: no detour through the swarm. */
import { useEffect, useRef } from 'preact/hooks';
import type { HostState } from '../../session/host-session.ts';
import { readableBitRate, readableDuration } from '../../state/readable-numbers.ts';

export function Preview({ state, liveMs }: { state: HostState; liveMs: number | undefined }) {
  const frame = useRef<HTMLDivElement>(null);
  const { source, phase } = state;
  useEffect(() => {
    frame.current?.replaceChildren(...(source ? [source.preview] : []));
  }, [source]);
  return (
    <figure class="stage" aria-label="Preview">
      <div class="stage-picture">
        <div class="preview" ref={frame} />
        {!source && (
          <p class={`stage-progress ${phase === 'opening-source' ? 'stage-busy' : ''}`}>
            {phase === 'opening-source' ? 'Opening the source…' : 'Choose a source to see its preview.'}
          </p>
        )}
        {phase === 'live' && (
          <p class="live-badge">
            Live <span>{readableDuration(liveMs ?? 0)}</span>
          </p>
        )}
      </div>
      <figcaption>
        {source
          ? `${source.info.description} · about ${readableBitRate(source.info.bitsPerSecond)}`
          : '\u00a0'}
      </figcaption>
    </figure>
  );
}
