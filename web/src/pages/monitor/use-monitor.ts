/** A monitor that listens as long as a page shows it. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type FeedState, MonitorSession } from '../../session/monitor-session.ts';
import { MonitorModel } from '../../state/monitor/monitor-model.ts';

export interface Monitor {
  readonly model: MonitorModel;
  readonly state: FeedState;
  /** Goes up when there is something new in the model. */
  readonly revision: number;
  giveToken(token: string): void;
}

export function useMonitor(): Monitor {
  const [revision, setRevision] = useState(0);
  const [state, setState] = useState<FeedState>('connecting');
  const { model, session } = useMemo(() => {
    const model = new MonitorModel();
    let isAwaited = false;
    const session = new MonitorSession(location.origin, (message) => {
      // What comes together is shown together.
      if (!model.take(message) || isAwaited) return;
      isAwaited = true;
      setTimeout(() => {
        isAwaited = false;
        setRevision((before) => before + 1);
      }, 20);
    });
    return { model, session };
  }, []);
  useEffect(() => {
    const unsubscribe = session.state.subscribe(() => setState(session.state.value));
    session.start();
    return () => {
      unsubscribe();
      session.stop();
    };
  }, [session]);
  return { model, state, revision, giveToken: (token) => session.giveToken(token) };
}
