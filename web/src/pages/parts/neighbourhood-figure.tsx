/**
 * The small live picture of one's own neighbourhood in the mesh: oneself, and around that everybody whom this page is linked with. Lines
 * show who sends the stream to whom, names can be pointed at for more. Nobody changes seats while it runs. It rests while it is off the screen.
 */
import { Component, type ComponentChildren } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import {
  type Neighbourhood,
  NeighbourhoodBook,
  type SeatedNeighbour,
} from '../../state/neighbourhood/neighbourhood.ts';
import { meshWords } from '../../state/neighbourhood/neighbourhood-words.ts';
import {
  centre,
  flowLine,
  linkLine,
  type Point,
  pictureSize,
  ROW_LINE_Y,
  rowPoint,
  seatPoint,
} from '../../state/neighbourhood/picture-geometry.ts';
import { HOST_SEAT } from '../../state/neighbourhood/seating.ts';
import { counted } from '../../state/readable-numbers.ts';
import type { Mesh } from '../../state/swarm-figures.ts';
import '../../styles/neighbourhood.css';
import { Facts } from './facts.tsx';
import { NeighbourDetails, NeighbourLegend } from './neighbour-details.tsx';
import { NeighbourNodes, placed } from './neighbour-nodes.tsx';
import { useSeen } from './use-seen.ts';

export function NeighbourhoodFigure({ mesh }: { mesh: Mesh }) {
  const area = useRef<HTMLDivElement>(null);
  const seen = useSeen(area);
  return (
    <Facts title="My neighbourhood">
      <div ref={area}>
        <WhileSeen seen={seen}>
          <Picture mesh={mesh} />
        </WhileSeen>
      </div>
    </Facts>
  );
}

/**
 * Draws what is in it again only while it is seen. To hold on to what was drawn instead, with `useMemo`, leaks in Preact 11: each such
 * picture keeps the page that it was first part of, with the picture of that time in it, and so on.
 */
class WhileSeen extends Component<{ seen: boolean; children: ComponentChildren }> {
  override shouldComponentUpdate({ seen }: { seen: boolean }): boolean {
    return seen;
  }

  override render(): ComponentChildren {
    return this.props.children;
  }
}

function Picture({ mesh }: { mesh: Mesh }) {
  const book = useMemo(() => new NeighbourhoodBook(), []);
  const picture = book.look(mesh, Date.now());
  const [shown, setShown] = useState<string>();
  const neighbours = [...picture.ring, ...picture.supernodes];
  const pointed = neighbours.find(({ peer }) => peer === shown);
  return (
    <>
      <div class="hood">
        <Lines picture={picture} shown={pointed} />
        <Labels picture={picture} />
        <NeighbourNodes picture={picture} shown={pointed} onShow={setShown} />
      </div>
      <div class="hood-words">
        {pointed ? (
          <NeighbourDetails neighbour={pointed} stripes={mesh.stripes} />
        ) : (
          <NeighbourLegend isHost={mesh.isHost} hidden={picture.hidden} />
        )}
      </div>
    </>
  );
}

const top = seatPoint(HOST_SEAT);

function Lines({ picture, shown }: { picture: Neighbourhood; shown: SeatedNeighbour | undefined }) {
  const { mesh, ring } = picture;
  return (
    <svg
      class={shown ? 'hood-lines hood-lines-pointed' : 'hood-lines'}
      viewBox={`0 0 ${pictureSize.width} ${pictureSize.height}`}
      role="img"
      aria-label={meshWords(mesh)}
    >
      {picture.stepsToHost !== undefined && (
        <circle class="hood-link hood-bridge" cx={top.x} cy={top.y} r="8" />
      )}
      <path class="hood-rule" d={`M0 ${ROW_LINE_Y}H${pictureSize.width}`} />
      {ring.map((neighbour) => (
        <g key={neighbour.peer} class={neighbour.peer === shown?.peer ? 'hood-shown' : undefined}>
          <Link neighbour={neighbour} stripes={mesh.stripes} />
        </g>
      ))}
      <circle class={mesh.isHost ? 'hood-self-host' : 'hood-self'} cx={centre.x} cy={centre.y} r="13" />
    </svg>
  );
}

/** How far a line lies beside the straight one, where there is one each way. */
const ASIDE = 4.5;

function Link({ neighbour, stripes }: { neighbour: SeatedNeighbour; stripes: number }) {
  const { kind, seat, partsIn, partsOut } = neighbour;
  const point = seatPoint(seat);
  if (partsIn + partsOut === 0)
    return <path class={kind === 'outsider' ? 'hood-link hood-bridge' : 'hood-link'} d={linkLine(point)} />;
  const aside = partsIn > 0 && partsOut > 0 ? ASIDE : 0;
  return (
    <>
      {partsIn > 0 && <Flow direction="in" point={point} aside={aside} share={partsIn / stripes} />}
      {partsOut > 0 && <Flow direction="out" point={point} aside={aside} share={partsOut / stripes} />}
    </>
  );
}

/** The more of the stream goes over it, the thicker it is. */
function Flow(props: { direction: 'in' | 'out'; point: Point; aside: number; share: number }) {
  const { path, arrow } = flowLine(props.point, props.direction, props.aside);
  return (
    <g class={`hood-flow hood-${props.direction}`}>
      <path d={path} stroke-width={1.5 + 2 * Math.min(1, props.share)} />
      <path class="hood-arrow" d={arrow} />
    </g>
  );
}

/** What stands in the picture without being a neighbour. */
function Labels({ picture }: { picture: Neighbourhood }) {
  const { mesh, stepsToHost, supernodes } = picture;
  return (
    <div aria-hidden="true">
      <span class={`hood-label ${mesh.isHost ? 'hood-me-host' : 'hood-me'}`} style={placed(centre)}>
        me
      </span>
      {stepsToHost !== undefined && (
        <span class="hood-label hood-far" style={placed(top)}>
          the host, {counted(stepsToHost, 'step')} away
        </span>
      )}
      {supernodes.length === 0 && (
        <span class="hood-label hood-none" style={placed(rowPoint(0))}>
          no supernode in reach
        </span>
      )}
    </div>
  );
}
