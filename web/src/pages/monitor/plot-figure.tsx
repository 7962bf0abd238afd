/** One of the eight plots. Its lines are drawn by uPlot; the number beside its title is text, and tables hold the rest. */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Plot } from '../../state/monitor/plots.ts';
import type { Palette } from './use-palette.ts';

export interface PlotFigureProps {
  readonly plot: Plot;
  /** Unix times in s. */
  readonly times: readonly number[];
  /** What the plot spans, s. */
  readonly fromS: number;
  readonly toS: number;
  /** The moment that is looked at, s; undefined: now. */
  readonly atS: number | undefined;
  readonly palette: Palette;
  /** One for each line. */
  readonly colours: readonly string[];
  onChoose(atS: number): void;
}

const HEIGHT = 132;

export function PlotFigure(props: PlotFigureProps) {
  const { plot, times, palette, colours } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [pointed, setPointed] = useState<number>();
  const signature = colours.join();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(
      optionsOf(latest, element.clientWidth, setPointed),
      dataOf(latest.current),
      element,
    );
    chart.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
      chart.current = undefined;
    };
  }, [palette, signature]);
  useEffect(() => {
    // Eight of them at once would be felt by whoever is moving the picture.
    const handle = whenIdle(() => chart.current?.setData(dataOf(latest.current)));
    return () => cancelWhenIdle(handle);
  }, [plot, times]);
  useEffect(() => chart.current?.redraw(false), [props.atS]);

  const index = pointed ?? indexAt(times, props.atS);
  const value = plot.summary[index];
  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title">{plot.title}</span>
        <span class="plot-value">
          {value === null || value === undefined ? '–' : readable(value, plot.decimals)}
        </span>
        <span class="plot-about">{plot.about}</span>
      </figcaption>
      <div ref={box} class="plot-box" aria-hidden="true" />
    </figure>
  );
}

const whenIdle = (act: () => void): number =>
  'requestIdleCallback' in globalThis ? requestIdleCallback(act, { timeout: 400 }) : setTimeout(act, 50);
const cancelWhenIdle = (handle: number): void =>
  'cancelIdleCallback' in globalThis ? cancelIdleCallback(handle) : clearTimeout(handle);

const readable = (value: number, decimals: number): string =>
  value.toLocaleString(undefined, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** The last point at or before a time; the newest one without it. */
function indexAt(times: readonly number[], atS: number | undefined): number {
  if (atS === undefined) return times.length - 1;
  const after = times.findIndex((time) => time > atS);
  return after < 0 ? times.length - 1 : Math.max(0, after - 1);
}

const dataOf = ({ times, plot }: PlotFigureProps): uPlot.AlignedData =>
  [times, ...plot.lines.map(({ values }) => values)] as uPlot.AlignedData;

function optionsOf(
  latest: { readonly current: PlotFigureProps },
  width: number,
  onPoint: (index: number | undefined) => void,
): uPlot.Options {
  const { palette, colours, plot } = latest.current;
  const axis = {
    stroke: palette.inkSoft,
    font: `11px ${palette.font}`,
    grid: { stroke: palette.line, width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(width, 50),
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: 'monitor' }, drag: { x: false, y: false }, points: { size: 5 }, y: false },
    scales: {
      x: { range: () => [latest.current.fromS, latest.current.toS] },
      y: { range: (_, _least, most) => [0, roomAbove(most)] },
    },
    axes: [
      {
        ...axis,
        space: 70,
        size: 24,
        values: (_, times) => times.map((timeS) => readableTick(timeS, latest.current)),
      },
      {
        ...axis,
        space: 28,
        size: 44,
        incrs: [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5],
      },
    ],
    series: [
      {},
      ...plot.lines.map(({ label }, at) => ({
        label,
        stroke: colours[at] ?? palette.accent,
        width: 1.75,
        points: { show: false },
      })),
    ],
    hooks: {
      draw: [(chart) => drawMoment(chart, latest.current, palette)],
      setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)],
      ready: [
        (chart) => {
          chart.over.addEventListener('click', () => {
            const { left = -1 } = chart.cursor;
            if (left >= 0) latest.current.onChoose(chart.posToVal(left, 'x'));
          });
        },
      ],
    },
  };
}

/** A time at the foot of a plot: of the day, or the day where the plot spans many. */
function readableTick(timeS: number, { fromS, toS }: PlotFigureProps): string {
  const spanS = toS - fromS;
  const ofDay = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const words: Intl.DateTimeFormatOptions =
    spanS > 2 * 86_400
      ? { day: 'numeric', month: 'short' }
      : spanS < 240
        ? { ...ofDay, second: '2-digit' }
        : ofDay;
  return new Date(timeS * 1_000).toLocaleString(undefined, words);
}

const roomAbove = (most: number | null): number => (most === null || most <= 0 ? 1 : most * 1.12);

/** A line where time was stopped. */
function drawMoment(chart: uPlot, { atS }: PlotFigureProps, { ink }: Palette): void {
  if (atS === undefined) return;
  const { ctx: context, bbox } = chart;
  const left = chart.valToPos(atS, 'x', true);
  if (left < bbox.left || left > bbox.left + bbox.width) return;
  context.save();
  context.strokeStyle = ink;
  context.lineWidth = devicePixelRatio;
  context.beginPath();
  context.moveTo(left, bbox.top);
  context.lineTo(left, bbox.top + bbox.height);
  context.stroke();
  context.restore();
}
