import { useEffect } from 'preact/hooks';

/**
 * Calls `leave` when the page goes away or the component does, so that neighbours hear a goodbye instead of waiting for a time-out.
 * A page that the browser brings back from its cache starts afresh: its links are gone.
 */
export function useLeaving(leave: () => void): void {
  useEffect(() => {
    const reviveIfCached = (event: PageTransitionEvent) => event.persisted && location.reload();
    addEventListener('pagehide', leave);
    addEventListener('pageshow', reviveIfCached);
    return () => {
      removeEventListener('pagehide', leave);
      removeEventListener('pageshow', reviveIfCached);
      leave();
    };
  }, [leave]);
}
