/**
 * Whether a pointer was used last and now rests: then controls may get out of the way. Whoever works with keys keeps them, and so does
 * a focus inside.
 */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const RESTS_AFTER_MS = 3_000;

export function useIdlePointer(area: RefObject<HTMLElement | null>): boolean {
  const [rests, setRests] = useState(false);
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const moved = () => {
      clearTimeout(timer);
      setRests(false);
      timer = setTimeout(() => {
        if (!element.querySelector(':focus-visible')) setRests(true);
      }, RESTS_AFTER_MS);
    };
    const typed = () => {
      clearTimeout(timer);
      setRests(false);
    };
    const listening = new AbortController();
    const { signal } = listening;
    for (const event of ['pointermove', 'pointerdown']) element.addEventListener(event, moved, { signal });
    for (const event of ['keydown', 'focusin']) document.addEventListener(event, typed, { signal });
    return () => {
      clearTimeout(timer);
      listening.abort();
    };
  }, [area]);
  return rests;
}
