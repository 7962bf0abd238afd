/** The network monitor (thesis 3.5.5): eight plots with their history, and the network as a picture; live, stopped, or of the past. */
import type { ShortName } from '@murmuration/shared/monitor/feed-messages.ts';
import { useId, useMemo, useState } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import '../../styles/monitor.css';
import { ColourBook } from '../../state/monitor/colour-book.ts';
import { type Span, spans } from '../../state/monitor/moments.ts';
import { pointAt } from '../../state/monitor/monitor-model.ts';
import { plotsOf } from '../../state/monitor/plots.ts';
import { counted } from '../../state/readable-numbers.ts';
import { Notice } from '../parts/notice.tsx';
import { useDocumentTitle } from '../parts/use-document-title.ts';
import { NetworkSection } from './network-section.tsx';
import { NetworkTables } from './network-tables.tsx';
import { PlotFigure } from './plot-figure.tsx';
import { Timeline } from './timeline.tsx';
import { TokenForm } from './token-form.tsx';
import { type Monitor, useMonitor } from './use-monitor.ts';
import { usePalette } from './use-palette.ts';

const SPAN_MIN_MS = 60_000;

export function MonitorPage() {
  useDocumentTitle('Network monitor');
  const monitor = useMonitor();
  const { state } = monitor;
  return (
    <div class="monitor">
      <h1 tabIndex={-1}>Network monitor</h1>
      <div role="status">
        {state === 'off' && (
          <Notice tone="calm">The operator of this supernode does not show its network.</Notice>
        )}
        {state === 'lost' && (
          <Notice tone="bad">
            The supernode does not answer, or has no place for one more who watches. Trying again.
          </Notice>
        )}
      </div>
      {(state === 'token-wanted' || state === 'token-wrong') && (
        <TokenForm wasWrong={state === 'token-wrong'} onToken={monitor.giveToken} />
      )}
      {monitor.model.isLive && <Watched monitor={monitor} />}
      {!monitor.model.isLive && (state === 'connecting' || state === 'open') && (
        <p class="loading">Asking the supernode…</p>
      )}
    </div>
  );
}

function Watched({ monitor: { model, revision } }: { monitor: Monitor }) {
  const palette = usePalette();
  const summaryId = useId();
  const book = useMemo(() => new ColourBook(), []);
  const [span, setSpan] = useState<Span>(spans[0]);
  const [atMs, setAtMs] = useState<number>();
  const [focus, setFocus] = useState<ShortName>();
  const [selected, setSelected] = useState<number>();
  // While time is stopped nothing moves, not even the plots: they go on from where they are.
  const [stoppedAt, setStoppedAt] = useState<number>();
  const toMs = stoppedAt ?? model.pictures.toMs;
  // Where less is known than the span, the plots show all of that.
  const firstMs = Math.min(model.points(toMs - span.ms)[0]?.atMs ?? toMs, toMs - SPAN_MIN_MS);
  const fromMs = Math.max(toMs - span.ms, firstMs);
  const choose = (chosenMs: number | undefined) => {
    setAtMs(chosenMs === undefined ? undefined : Math.min(Math.max(chosenMs, fromMs), toMs));
    setStoppedAt(chosenMs === undefined ? undefined : toMs);
  };

  const points = useMemo(
    () => model.points(fromMs).filter((point) => point.atMs <= toMs),
    [model, revision, fromMs, toMs],
  );
  const plots = useMemo(() => plotsOf(points, focus), [points, focus]);
  const times = useMemo(() => points.map((point) => point.atMs / 1_000), [points]);
  const point = atMs === undefined ? points.at(-1) : pointAt(points, atMs);
  const past = useMemo(() => (atMs === undefined ? undefined : model.pictures.at(atMs)), [model, atMs]);
  const listed = point?.statistics.listed ?? [];
  book.assign(listed.map(({ stream }) => stream));
  const colourOf = (name: ShortName | undefined): string =>
    name === undefined ? palette.accent : palette.colour(book.slotOf(name));

  const { activeNodes = 0, connections = 0, subnetworks = 0, supernodes = 0 } = point?.statistics ?? {};
  const summary = `${counted(activeNodes, 'node')} in ${counted(subnetworks, 'subnetwork')}, ${counted(connections, 'link')} between them, ${counted(supernodes, 'supernode')}`;
  return (
    <>
      <p class="monitor-summary" id={summaryId}>
        {summary}
      </p>
      <NetworkSection
        {...{ model, past, palette, book, colourOf, focus, selected, summaryId, listed }}
        onFocus={setFocus}
        onSelect={setSelected}
      />
      <div class="card monitor-time">
        <Timeline {...{ fromMs, toMs, atMs }} picturesFromMs={model.pictures.fromMs} onChange={choose} />
        <fieldset class="spans">
          <legend class="visually-hidden">How far back the plots go</legend>
          {spans.map((each) => (
            <label key={each.name} class="span">
              <input type="radio" name="span" checked={span === each} onChange={() => setSpan(each)} />
              {each.name}
            </label>
          ))}
        </fieldset>
        <p class="hint">
          Statistics are kept for 14 days, thinner the older they are; pictures of the network for 10 minutes.
        </p>
      </div>
      <section class="plots" aria-label="Statistics over time">
        {plots.map((plot) => (
          <PlotFigure
            key={plot.title}
            {...{ plot, times, palette }}
            fromS={fromMs / 1_000}
            toS={toMs / 1_000}
            atS={atMs === undefined ? undefined : atMs / 1_000}
            colours={plot.lines.map(({ name }) => colourOf(name))}
            onChoose={(atS) => choose(atS * 1_000)}
          />
        ))}
      </section>
      <NetworkTables {...{ point, focus }} picture={past ?? model.pictures.newest} onSelect={setSelected} />
    </>
  );
}
