/** The stage on the whole screen. Phones of Apple offer that to videos only: there it is not available. */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface Toggle {
  readonly available: boolean;
  readonly active: boolean;
  toggle(): void;
}

export function useFullScreen(stage: RefObject<HTMLElement | null>): Toggle {
  const [active, setActive] = useState(false);
  useEffect(() => {
    const follow = () => setActive(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', follow);
    return () => document.removeEventListener('fullscreenchange', follow);
  }, []);
  return {
    available: document.fullscreenEnabled,
    active,
    toggle() {
      const change = active ? document.exitFullscreen() : stage.current?.requestFullscreen();
      change?.catch(() => undefined);
    },
  };
}
