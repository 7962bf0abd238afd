/** Draws a component again whenever an observable value changes. */
import { useEffect, useState } from 'preact/hooks';
import type { Readable } from '../../session/observable.ts';

export function useReadable<T>(source: Readable<T>): T {
  const [, redraw] = useState(0);
  useEffect(() => source.subscribe(() => redraw((count) => count + 1)), [source]);
  return source.value;
}
