/** The link as a QR code, for the camera of a phone. What computes it is loaded when this is first shown. */
import { useEffect, useState } from 'preact/hooks';

/** White around the code, in squares: readers need four. */
const QUIET = 4;

export function LinkCode({ link }: { link: string }) {
  const [squares, setSquares] = useState<readonly (readonly boolean[])[] | 'failed'>();
  useEffect(() => {
    let current = true;
    import('uqr').then(
      ({ encode }) => current && setSquares(encode(link, { ecc: 'M', border: 0 }).data),
      () => current && setSquares('failed'),
    );
    return () => {
      current = false;
    };
  }, [link]);
  if (squares === 'failed')
    return <p class="hint">The QR code could not be loaded. Check your connection and try again.</p>;
  const size = (squares?.length ?? 0) + 2 * QUIET;
  return (
    <svg
      class="link-code"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label="QR code of the link to watch"
    >
      {squares && <path d={outline(squares)} />}
    </svg>
  );
}

/** One box for each run of dark squares in a row. */
function outline(rows: readonly (readonly boolean[])[]): string {
  let path = '';
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < row.length; x++) {
      const from = x;
      while (row[x]) x++;
      if (x > from) path += `M${from + QUIET} ${y + QUIET}h${x - from}v1h${from - x}z`;
    }
  }
  return path;
}
