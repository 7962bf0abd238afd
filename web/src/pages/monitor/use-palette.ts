/** The colours of the style sheet, for what is drawn on canvases; anew when the scheme changes. */
import { useEffect, useState } from 'preact/hooks';
import { mixedColour, NAMED_COLOURS } from '../../state/monitor/colour-book.ts';

export interface Palette {
  readonly isDark: boolean;
  readonly ink: string;
  readonly inkSoft: string;
  readonly line: string;
  readonly accent: string;
  readonly surface: string;
  readonly bridge: string;
  readonly font: string;
  /** Of a subnetwork, by the slot that its name has. */
  colour(slot: number): string;
}

const dark = matchMedia('(prefers-color-scheme: dark)');

function read(): Palette {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const flocks = Array.from({ length: NAMED_COLOURS }, (_, slot) => token(`flock-${slot + 1}`));
  return {
    isDark: dark.matches,
    ink: token('ink'),
    inkSoft: token('ink-soft'),
    line: token('line'),
    accent: token('accent'),
    surface: token('surface'),
    bridge: token('control-line'),
    font: token('font'),
    colour: (slot) => flocks[slot] ?? mixedColour(slot, dark.matches),
  };
}

export function usePalette(): Palette {
  const [palette, setPalette] = useState(read);
  useEffect(() => {
    const change = () => setPalette(read());
    dark.addEventListener('change', change);
    return () => dark.removeEventListener('change', change);
  }, []);
  return palette;
}
