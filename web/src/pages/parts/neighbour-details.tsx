/** Below the picture of the neighbourhood: what its signs mean, or more about the neighbour that is pointed at. */
import type { SeatedNeighbour } from '../../state/neighbourhood/neighbourhood.ts';
import { neighbourWords } from '../../state/neighbourhood/neighbourhood-words.ts';

export function NeighbourDetails({ neighbour, stripes }: { neighbour: SeatedNeighbour; stripes: number }) {
  const { name, about, traffic } = neighbourWords(neighbour, stripes);
  return (
    // For the eyes: a screen reader hears the same as the name of the option.
    <div class="hood-details" aria-hidden="true">
      <p>
        <span class="neighbour-name">{name}</span>, {about}
      </p>
      {traffic.map(({ direction, words }) => (
        <p key={words.slice(0, 4)} class={direction && `hood-says-${direction}`}>
          {words}
        </p>
      ))}
    </div>
  );
}

export function NeighbourLegend({ isHost, hidden }: { isHost: boolean; hidden: number }) {
  return (
    <ul class="hood-legend" aria-hidden="true">
      {!isHost && <Sign sign="in">sends to me</Sign>}
      <Sign sign="out">gets from me</Sign>
      <Sign sign="link">linked only</Sign>
      <Sign sign="bridge">other stream</Sign>
      <Sign sign="supernode">supernode</Sign>
      {hidden > 0 && <li>and {hidden} more</li>}
    </ul>
  );
}

type SignName = 'in' | 'out' | 'link' | 'bridge' | 'supernode';

function Sign({ sign, children }: { sign: SignName; children: string }) {
  return (
    <li>
      <svg viewBox="0 0 26 12" class="hood-sign" aria-hidden="true">
        {signs[sign]}
      </svg>
      {children}
    </li>
  );
}

const signs = {
  in: <Arrow direction="in" />,
  out: <Arrow direction="out" />,
  link: <path class="hood-link" d="M1 6.5H25" />,
  bridge: <path class="hood-link hood-bridge" d="M1 6.5H25" />,
  supernode: <rect class="hood-square" x="8" y="1" width="10" height="10" rx="2" />,
};

function Arrow({ direction }: { direction: 'in' | 'out' }) {
  return (
    <g class={`hood-flow hood-${direction}`}>
      <path d="M1 6H25" stroke-width="2.5" />
      <path class="hood-arrow" d="M18 6L8 1V11Z" />
    </g>
  );
}
