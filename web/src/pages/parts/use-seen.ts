/** Whether an element is on the screen, or close to it: what nobody can see need not be drawn again and again. */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Of the screen's height, above and below it: what is scrolled to is there already. */
const CLOSE = '50% 0%';

/** True until the browser says otherwise. */
export function useSeen(area: RefObject<Element | null>): boolean {
  const [seen, setSeen] = useState(true);
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? true), {
      rootMargin: CLOSE,
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [area]);
  return seen;
}
