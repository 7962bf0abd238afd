/** Draws a component again when an observable value changes, or only when a part of it does. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Readable } from '../../session/observable.ts';

export function useReadable<T>(source: Readable<T>): T {
  const [, redraw] = useState(0);
  useEffect(() => source.subscribe(() => redraw((count) => count + 1)), [source]);
  return source.value;
}

/**
 * Figures change once a second, and most of a page does not show them: what a component picks decides when it is drawn again.
 *
 * @param pick makes the part; its properties are compared one by one, by identity
 */
export function usePart<T, P extends Readonly<Record<string, unknown>>>(
  source: Readable<T>,
  pick: (value: T) => P,
): P {
  const [, redraw] = useState(0);
  const part = useRef<P>(undefined);
  const now = pick(source.value);
  if (!part.current || differ(part.current, now)) part.current = now;
  useEffect(
    () =>
      source.subscribe(() => {
        if (!part.current || differ(part.current, pick(source.value))) redraw((count) => count + 1);
      }),
    [source],
  );
  return part.current;
}

const differ = <P extends Readonly<Record<string, unknown>>>(before: P, now: P): boolean =>
  Object.keys(now).some((key) => !Object.is(before[key], now[key]));
