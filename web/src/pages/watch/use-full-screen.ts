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
    const element = stage.current;
    // Seen from outside, what is in a shadow root is the element that holds it.
    const root = element?.getRootNode() as Document | ShadowRoot | undefined;
    const follow = () => setActive(root !== undefined && root.fullscreenElement === element);
    document.addEventListener('fullscreenchange', follow);
    return () => document.removeEventListener('fullscreenchange', follow);
  }, [stage]);
  return {
    available: document.fullscreenEnabled,
    active,
    toggle() {
      const change = active ? document.exitFullscreen() : stage.current?.requestFullscreen();
      change?.catch(() => undefined);
    },
  };
}
