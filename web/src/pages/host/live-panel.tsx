/** Who watches and what it costs, while live. */
import { shortId } from '@murmuration/shared/lib/ids.ts';
import type { Readable } from '../../session/observable.ts';
import type { HostView } from '../../state/host-view.ts';
import { counted, readableBitRate, readableBytes, readableDelay } from '../../state/readable-numbers.ts';
import { Fact, FactList, Facts } from '../parts/facts.tsx';
import { LinkFacts } from '../parts/link-facts.tsx';
import { NeighbourhoodFigure } from '../parts/neighbourhood-figure.tsx';
import { useReadable } from '../parts/use-readable.ts';

export function LivePanel({ view }: { view: Readable<HostView> }) {
  const { figures } = useReadable(view);
  if (!figures) return null;
  const rejected = figures.rejections.reduce((sum, { count }) => sum + count, 0);
  return (
    <aside class="panel panel-columns host-below" aria-label="Audience and upload">
      <NeighbourhoodFigure mesh={figures.mesh} />
      <Facts title="Audience">
        <FactList>
          <Fact label="Viewers" value={figures.viewers}>
            {figures.viewers}
          </Fact>
          <Fact label="Served directly" value={figures.children.length}>
            {figures.children.length}
          </Fact>
          <Fact label="Copies sent" value={figures.copies}>
            {figures.copies}
          </Fact>
        </FactList>
        {figures.children.length > 0 && (
          <ul class="neighbours" aria-label="Served directly">
            {figures.children.map(({ peer, payloadBytesOut, rttMs }) => (
              <li key={peer}>
                <span class="neighbour-name">{shortId(peer)}</span>
                <span>{readableBytes(payloadBytesOut)}</span>
                <span>{rttMs === undefined ? '' : `${readableDelay(rttMs)} away`}</span>
              </li>
            ))}
          </ul>
        )}
      </Facts>
      <Facts title="What goes out">
        <FactList>
          <Fact label="Bitrate of the stream" value={figures.bitsPerSecond}>
            {readableBitRate(figures.bitsPerSecond)}
          </Fact>
          {figures.width > 0 && (
            <Fact label="Size">
              {figures.width} × {figures.height}
            </Fact>
          )}
          <Fact label="Upload" value={figures.uploadBitsPerSecond}>
            {readableBitRate(figures.uploadBitsPerSecond)}
          </Fact>
          <Fact label="Uploaded in all" value={figures.uploadedBytes}>
            {readableBytes(figures.uploadedBytes)}
          </Fact>
          <Fact label="Pictures" value={figures.videoFrames}>
            {figures.videoFrames} ({counted(figures.keyFrames, 'key frame')})
          </Fact>
          {figures.dropped > 0 && (
            <Fact label="Pictures left out, encoder busy" value={figures.dropped}>
              {figures.dropped}
            </Fact>
          )}
          <Fact label="Rejected packets" value={rejected}>
            {rejected}
          </Fact>
          <LinkFacts figures={figures} />
        </FactList>
      </Facts>
    </aside>
  );
}
