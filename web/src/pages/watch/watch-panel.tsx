/** What a viewer can know about the stream's way to this page, and what they decide about passing it on. */
import { shortId } from '@murmuration/shared/lib/ids.ts';
import type { Readable } from '../../session/observable.ts';
import {
  readableBitRate,
  readableBytes,
  readableDelay,
  readableShare,
} from '../../state/readable-numbers.ts';
import type { WatchFigures, WatchView } from '../../state/watch-view.ts';
import { clockWords } from '../../state/watch-words.ts';
import { Fact, FactList, Facts } from '../parts/facts.tsx';
import { LinkFacts } from '../parts/link-facts.tsx';
import { Names } from '../parts/names.tsx';
import { NeighbourhoodFigure } from '../parts/neighbourhood-figure.tsx';
import { useReadable } from '../parts/use-readable.ts';
import { ShareForm } from './share-form.tsx';
import type { Sharing } from './use-sharing.ts';

export function SwarmPanel(props: { view: Readable<WatchView> }) {
  const view = useReadable(props.view);
  const { figures } = view;
  if (!figures) return null;
  return (
    <aside class="panel watch-side" aria-label="The stream’s way to me">
      <NeighbourhoodFigure mesh={figures.mesh} />
      <Origin figures={figures} />
      <Checks figures={figures} view={view} />
      <Giving figures={figures} />
    </aside>
  );
}

export function OwnPanel(props: {
  view: Readable<WatchView>;
  sharing: Sharing;
  /** Whether the browser keeps settings for this page. */
  kept: boolean;
}) {
  return (
    <section class="panel panel-columns watch-below" aria-label="My picture and my share">
      <Picture view={props.view} />
      <ShareForm sharing={props.sharing} kept={props.kept} />
    </section>
  );
}

function Origin({ figures }: { figures: WatchFigures }) {
  const { hostBytes, viewerBytes, hostShare } = figures.origin;
  const share = (part: number | undefined) => (part === undefined ? '' : ` (${readableShare(part)})`);
  return (
    <Facts title="Where it comes from">
      <div class="split" aria-hidden="true">
        <div
          class="split-viewers"
          style={{ width: readableShare(hostShare === undefined ? 0 : 1 - hostShare) }}
        />
        <div class="split-host" style={{ width: readableShare(hostShare ?? 0) }} />
      </div>
      <FactList>
        <Fact label="From other viewers" value={viewerBytes}>
          {readableBytes(viewerBytes)}
          {share(hostShare === undefined ? undefined : 1 - hostShare)}
        </Fact>
        <Fact label="From the host" value={hostBytes}>
          {readableBytes(hostBytes)}
          {share(hostShare)}
        </Fact>
        <Fact label="Sent to me by">
          <Names of={figures.parents} />
        </Fact>
        <Fact label="Steps from the host" value={figures.depth}>
          {figures.depth ?? 'not attached'}
        </Fact>
        <Fact label="Came twice or too late" value={figures.unneeded}>
          {figures.unneeded}
        </Fact>
        <Fact label="Download" value={figures.downloadBitsPerSecond}>
          {readableBitRate(figures.downloadBitsPerSecond)}
        </Fact>
      </FactList>
    </Facts>
  );
}

function Checks({ figures, view }: { figures: WatchFigures; view: WatchView }) {
  const rejected = figures.rejections.reduce((sum, { count }) => sum + count, 0);
  return (
    <Facts title="Checked by vote">
      <FactList>
        <Fact label="Frames confirmed" value={figures.framesConfirmed}>
          {figures.framesConfirmed}
        </Fact>
        <Fact label="Unconfirmed in time" value={figures.framesUnconfirmed}>
          {figures.framesUnconfirmed}
        </Fact>
        <Fact label="Rejected" value={rejected}>
          {rejected}
        </Fact>
        {figures.rejections.map(({ words, count }) => (
          <Fact key={words} label={`… ${words}`} value={count}>
            {count}
          </Fact>
        ))}
        <Fact label="Peers cut off" value={view.cutsTotal}>
          {view.cutsTotal}
        </Fact>
      </FactList>
      {view.cuts.length > 0 && (
        <ul class="cuts" aria-label="Peers cut off">
          {view.cuts.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      )}
    </Facts>
  );
}

function Giving({ figures }: { figures: WatchFigures }) {
  return (
    <Facts title="What I give to others">
      <FactList>
        <Fact label="Viewers served" value={figures.children.length}>
          {figures.children.length}
        </Fact>
        <Fact label="Copies sent" value={figures.copies}>
          {figures.copies}
        </Fact>
        <Fact label="Who">
          <Names of={figures.children} />
        </Fact>
        <Fact label="Upload" value={figures.uploadBitsPerSecond}>
          {readableBitRate(figures.uploadBitsPerSecond)}
        </Fact>
        <Fact label="Given in all" value={figures.givenBytes}>
          {readableBytes(figures.givenBytes)}
        </Fact>
      </FactList>
    </Facts>
  );
}

function Picture({ view }: { view: Readable<WatchView> }) {
  const { figures, map } = useReadable(view);
  if (!figures) return null;
  const size = figures.width > 0 ? `${figures.width} × ${figures.height}` : 'none yet';
  return (
    <Facts title="Picture">
      <FactList>
        <Fact label="Delay, capture to paint" value={figures.delayMs}>
          {figures.delayMs === undefined
            ? 'not measured yet'
            : (clockWords(figures.delayMs) ?? readableDelay(figures.delayMs))}
        </Fact>
        <Fact label="Playout delay" value={figures.playoutDelayMs}>
          {readableDelay(figures.playoutDelayMs)}
        </Fact>
        <Fact label="Size">{size}</Fact>
        <Fact label="Pictures painted" value={figures.painted}>
          {figures.painted}
        </Fact>
        <Fact label="Too late to paint" value={figures.droppedLate}>
          {figures.droppedLate}
        </Fact>
        <Fact label="Stalls" value={figures.stalls}>
          {figures.stalls}
        </Fact>
        <Fact label="Frames lost" value={figures.framesSkipped}>
          {figures.framesSkipped}
        </Fact>
        <LinkFacts figures={figures} />
        <Fact label="Network map">{map}</Fact>
        <Fact label="I am">{shortId(figures.self)}</Fact>
      </FactList>
    </Facts>
  );
}
