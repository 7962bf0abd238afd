/** Pausing, ending, and what can be changed while live. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { HostSession, HostState } from '../../session/host-session.ts';

export function LiveControls(props: { session: HostSession; state: HostState; children: ComponentChildren }) {
  const { session, state } = props;
  const change = useRef<HTMLDetailsElement>(null);
  const { source, paused } = state;
  useEffect(() => {
    // Without a source the next thing to do is to choose one; with a new one that is done.
    if (change.current) change.current.open = source === undefined;
  }, [source]);
  return (
    <>
      <div class="live-buttons">
        <button
          class="button"
          type="button"
          disabled={!source}
          onClick={() => session.setPaused(!state.paused)}
        >
          {paused ? 'Go on' : 'Pause'}
        </button>
        <button class="button button-end" type="button" onClick={() => session.endAndPrepare()}>
          End stream
        </button>
      </div>
      <details class="change-source" ref={change}>
        <summary>Change source or quality</summary>
        <div class="change-source-fields">{props.children}</div>
      </details>
    </>
  );
}
