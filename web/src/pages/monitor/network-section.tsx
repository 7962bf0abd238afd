/** The picture of the network with what belongs to it: a legend, the search, and what is known of the node that was chosen. */
import type { SubnetworkStatistics } from '@murmuration/shared/graph/statistics.ts';
import type { ShortName } from '@murmuration/shared/monitor/feed-messages.ts';
import type { Picture } from '@murmuration/shared/monitor/picture.ts';
import { useMemo } from 'preact/hooks';
import type { ColourBook } from '../../state/monitor/colour-book.ts';
import type { MonitorModel } from '../../state/monitor/monitor-model.ts';
import { factsOf } from '../../state/monitor/nodes.ts';
import { Notice } from '../parts/notice.tsx';
import { canDraw, NetworkPicture } from './network-picture.tsx';
import { NodeCard } from './node-card.tsx';
import { NodeSearch } from './node-search.tsx';
import type { Palette } from './use-palette.ts';

export interface NetworkSectionProps {
  readonly model: MonitorModel;
  readonly past: Picture | undefined;
  readonly palette: Palette;
  readonly book: ColourBook;
  readonly listed: readonly SubnetworkStatistics<ShortName>[];
  readonly focus: ShortName | undefined;
  readonly selected: number | undefined;
  readonly summaryId: string;
  colourOf(name: ShortName): string;
  onFocus(name: ShortName | undefined): void;
  onSelect(handle: number | undefined): void;
}

export function NetworkSection(props: NetworkSectionProps) {
  const { model, past, palette, book, focus, selected, listed, onFocus, onSelect } = props;
  const picture = past ?? model.pictures.newest;
  const names = [...new Set([...picture.nodes.values()].flatMap(({ subnetwork }) => subnetwork ?? []))];
  book.assign(names);
  const key = names.sort().join();
  const colours = useMemo(
    () => new Map(names.map((name) => [name, palette.colour(book.slotOf(name))])),
    [key, palette, book],
  );
  const facts = selected === undefined ? undefined : factsOf(picture, selected);
  return (
    <section class="network" aria-label="The network now">
      {canDraw ? (
        <NetworkPicture
          {...{ model, past, colours, palette, focus, selected, onSelect }}
          summaryId={props.summaryId}
        />
      ) : (
        <Notice tone="calm">This browser cannot draw the picture. The tables below say the same.</Notice>
      )}
      <aside class="network-side" aria-label="Nodes and subnetworks">
        <NodeSearch picture={picture} onFind={onSelect} />
        {facts && <NodeCard facts={facts} onSelect={onSelect} onClose={() => onSelect(undefined)} />}
        <div class="legend">
          <h2>Subnetworks</h2>
          <ul>
            {listed.map(({ stream, members }) => (
              <li key={stream}>
                <button
                  class="legend-item"
                  type="button"
                  aria-pressed={focus === stream}
                  onClick={() => onFocus(focus === stream ? undefined : stream)}
                >
                  <svg class="legend-dot" viewBox="0 0 12 12" aria-hidden="true">
                    <circle cx="6" cy="6" r="5" fill={props.colourOf(stream)} />
                  </svg>
                  <span class="node-name">{stream}</span>
                  <span class="legend-count">{members}</span>
                </button>
              </li>
            ))}
          </ul>
          {listed.length === 0 && <p class="hint">Nobody streams or watches.</p>}
          <p class="hint legend-shapes">
            <svg class="legend-dot" viewBox="0 0 12 12" aria-hidden="true">
              <path d="M6 0l6 6-6 6-6-6z" fill="currentColor" />
            </svg>
            supernode
            <svg class="legend-dot" viewBox="0 0 12 12" aria-hidden="true">
              <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="3" />
            </svg>
            host
            <svg class="legend-dot" viewBox="0 0 12 12" aria-hidden="true">
              <circle cx="6" cy="6" r="3" fill="currentColor" />
            </svg>
            viewer
          </p>
        </div>
      </aside>
    </section>
  );
}
