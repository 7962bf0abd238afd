/** Neighbours by name, as `names` has them; lines break between names only, though some have a hyphen. */
import { Fragment } from 'preact';
import { type Neighbour, names } from '../../state/swarm-figures.ts';

export function Names({ of }: { of: readonly Neighbour[] }) {
  if (of.length === 0) return <>{names(of)}</>;
  return (
    <>
      {of.map((neighbour, at) => (
        <Fragment key={neighbour.peer}>
          {at > 0 && ', '}
          <span class="fact-name">{names([neighbour])}</span>
        </Fragment>
      ))}
    </>
  );
}
