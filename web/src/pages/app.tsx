/** The shell around all pages, and the router. Host, Watch and the monitor are loaded when asked for: they bring WebRTC, media and plots along. */
import type { ComponentType } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LinkOptions, WatchTarget } from '../session/stream-link.ts';
import { watchFragment } from '../session/stream-link.ts';
import { BrokenLinkPage, HomePage } from './home-page.tsx';
import { Logo } from './parts/flock.tsx';
import { Notice } from './parts/notice.tsx';
import { parseRoute, type Route } from './route.ts';

export function App() {
  const [fragment, setFragment] = useState(location.hash);
  const route = parseRoute(fragment);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    const follow = () => setFragment(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useFocusOnArrival(main, fragment);
  return (
    <>
      <header class="top">
        <a class="skip" href={fragment || '#/'} onClick={(event) => skipTo(event, main.current)}>
          Skip to the content
        </a>
        <a class="wordmark" href="#/" aria-label="Murmuration, start page">
          <Logo />
          {route.page !== 'home' && <span>Murmuration</span>}
        </a>
      </header>
      <main ref={main} tabIndex={-1}>
        <Page route={route} />
      </main>
      <footer class="bottom">
        <p>
          Members of a stream connect to each other directly: your neighbours in it see your network address,
          and you see theirs.
        </p>
      </footer>
    </>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case 'home':
      return <HomePage />;
    case 'host':
      return <Lazy load={loadHostPage} props={route.options} />;
    case 'watch':
      return <Lazy key={watchFragment(route.target)} load={loadWatchPage} props={route.target} />;
    case 'monitor':
      return <Lazy load={loadMonitorPage} props={{}} />;
    case 'broken-link':
    case 'unknown':
      return <BrokenLinkPage kind={route.page} />;
  }
}

const loadHostPage = (): Promise<ComponentType<LinkOptions>> =>
  import('./host/host-page.tsx').then((module) => module.HostPage);
const loadWatchPage = (): Promise<ComponentType<WatchTarget>> =>
  import('./watch/watch-page.tsx').then((module) => module.WatchPage);
const loadMonitorPage = (): Promise<ComponentType<object>> =>
  import('./monitor/monitor-page.tsx').then((module) => module.MonitorPage);

function Lazy<P extends object>({ load, props }: { load: () => Promise<ComponentType<P>>; props: P }) {
  const [loaded, setLoaded] = useState<{ Page?: ComponentType<P>; failed?: boolean }>({});
  // Not in an effect, which waits for a picture of the page so far: whoever comes to watch looks at that meanwhile.
  const loading = useMemo(load, [load]);
  useEffect(() => {
    let current = true;
    loading.then(
      (Page) => current && setLoaded({ Page }),
      () => current && setLoaded({ failed: true }),
    );
    return () => {
      current = false;
    };
  }, [loading]);
  if (loaded.failed) {
    return (
      <div class="narrow">
        <Notice tone="bad" role="alert">
          This part of the page could not be loaded. Check your connection and reload the page.
        </Notice>
      </div>
    );
  }
  return loaded.Page ? <loaded.Page {...props} /> : <p class="narrow loading">Loading…</p>;
}

/** After moving within the page, a keyboard or screen reader goes on at the new content; not on the first page. */
function useFocusOnArrival(main: { current: HTMLElement | null }, fragment: string): void {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else {
      scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
  }, [main, fragment]);
}

function skipTo(event: Event, target: HTMLElement | null): void {
  event.preventDefault();
  target?.focus();
}
