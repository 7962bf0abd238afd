/** The neighbours in the picture, as a list of which one can be chosen: with the pointer, by touch, or with arrow keys after one Tab. */
import { useRef } from 'preact/hooks';
import type { Neighbourhood, SeatedNeighbour } from '../../state/neighbourhood/neighbourhood.ts';
import { neighbourWords } from '../../state/neighbourhood/neighbourhood-words.ts';
import {
  isNamedAbove,
  type Point,
  pictureSize,
  rowPoint,
  seatPoint,
} from '../../state/neighbourhood/picture-geometry.ts';

/** A point of the picture as a place over it, however large it is. */
export const placed = ({ x, y }: Point) => ({
  left: `${(100 * x) / pictureSize.width}%`,
  top: `${(100 * y) / pictureSize.height}%`,
});

export function NeighbourNodes(props: {
  picture: Neighbourhood;
  shown: SeatedNeighbour | undefined;
  onShow: (peer: string | undefined) => void;
}) {
  const { picture, shown, onShow } = props;
  const list = useRef<HTMLDivElement>(null);
  const neighbours = [...picture.ring, ...picture.supernodes];
  if (neighbours.length === 0) return null;
  const shownAt = neighbours.findIndex(({ peer }) => peer === shown?.peer);
  const press = (event: KeyboardEvent) => {
    const next = nextAt(event.key, shownAt, neighbours.length);
    if (next === undefined) return;
    event.preventDefault();
    (list.current?.children[next] as HTMLElement | undefined)?.focus();
  };
  return (
    <div ref={list} class="hood-nodes" role="listbox" aria-label="Neighbours" onKeyDown={press}>
      {neighbours.map((neighbour, at) => (
        <Node
          key={neighbour.peer}
          neighbour={neighbour}
          stripes={picture.mesh.stripes}
          shown={at === shownAt}
          reached={at === Math.max(0, shownAt)}
          onShow={onShow}
        />
      ))}
    </div>
  );
}

function Node(props: {
  neighbour: SeatedNeighbour;
  stripes: number;
  shown: boolean;
  /** The one that a Tab leads to. */
  reached: boolean;
  onShow: (peer: string | undefined) => void;
}) {
  const { neighbour, stripes, shown, reached, onShow } = props;
  const { kind, peer, seat } = neighbour;
  const point = kind === 'supernode' ? rowPoint(seat) : seatPoint(seat);
  const { name, about, traffic } = neighbourWords(neighbour, stripes);
  return (
    <div
      class={`hood-node hood-${kind}${isNamedAbove(point) ? ' hood-named-above' : ''}`}
      style={placed(point)}
      role="option"
      tabIndex={reached ? 0 : -1}
      aria-selected={shown}
      aria-label={[`${name}, ${about}`, ...traffic.map(({ words }) => words)].join('; ')}
      onMouseEnter={() => onShow(peer)}
      onMouseLeave={() => onShow(undefined)}
      onFocus={() => onShow(peer)}
      onBlur={() => onShow(undefined)}
    >
      <span class="hood-dot" />
      <span class="hood-name">{kind === 'host' ? `${name} (host)` : name}</span>
    </div>
  );
}

/** Where a key leads in a list of `length`, from `at`; undefined if it leads nowhere. */
function nextAt(key: string, at: number, length: number): number | undefined {
  if (key === 'ArrowRight' || key === 'ArrowDown') return (at + 1) % length;
  if (key === 'ArrowLeft' || key === 'ArrowUp') return (at + length - (at < 0 ? 0 : 1)) % length;
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  return undefined;
}
