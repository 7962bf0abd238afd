/** What the monitor shows on a terminal, as lines of text. Pure: the same points, size and time give the same lines. */
import type { PerMember, SubnetworkStatistics } from '@murmuration/shared/graph/statistics.ts';
import type { MonitorPoint, ShortName } from '@murmuration/shared/monitor/feed-messages.ts';
import { type Figure, figures } from './figures.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

export interface MonitorView {
  /** Of the supernode, as a person named it. */
  readonly address: string;
  readonly state: 'connecting' | 'open' | 'lost';
  /** Oldest first. */
  readonly points: readonly MonitorPoint[];
}

/** SGR parameters (ECMA-48): bold, faint, and colours that read on black and on white. */
const Style = { plain: '', bold: '1', faint: '2', good: '32', bad: '31', accent: '36' } as const;
type Style = (typeof Style)[keyof typeof Style];
type Line = readonly (readonly [text: string, style: Style])[];

const BARS = '▁▂▃▄▅▆▇█';
/** Sparklines show this much of the past. */
const SPARK_MS = 10 * 60_000;
const SPARK_COLUMNS_MAX = 60;
const NAME_COLUMNS = 24;
const VALUE_COLUMNS = 9;
const STATE_WORDS = { connecting: 'connecting …', open: 'live', lost: 'connection lost, trying again …' };

/** At most `rows` lines of at most `columns` characters. */
export function monitorScreen(view: MonitorView, size: ScreenSize): string[] {
  const newest = view.points.at(-1);
  const stateStyle = view.state === 'open' ? Style.good : Style.bad;
  const lines: Line[] = [
    [
      ['Murmuration ', Style.bold],
      [`${view.address}  `, Style.plain],
      [STATE_WORDS[view.state], stateStyle],
      ...(newest ? ([[`  ${clock(newest.atMs)}`, Style.faint]] as const) : []),
    ],
    [],
  ];
  if (!newest) lines.push([['Nothing has been told yet.', Style.faint]]);
  else {
    for (const figure of figures) lines.push(figureLine(figure, view.points, newest, size.columns));
    lines.push([], ...tableOf(newest));
  }
  const hint: Line = [['q or Ctrl-C ends it', Style.faint]];
  const shown = [...lines.slice(0, Math.max(0, size.rows - 1)), hint];
  return shown.slice(0, size.rows).map((line) => drawn(line, size));
}

function figureLine(
  { name, of, decimals }: Figure,
  points: readonly MonitorPoint[],
  newest: MonitorPoint,
  columns: number,
): Line {
  const room = Math.min(SPARK_COLUMNS_MAX, columns - NAME_COLUMNS - VALUE_COLUMNS - 2);
  return [
    [name.padEnd(NAME_COLUMNS), Style.plain],
    [of(newest).toFixed(decimals).padStart(VALUE_COLUMNS), Style.bold],
    ['  ', Style.plain],
    [sparkline(points, of, newest.atMs, room), Style.accent],
  ];
}

/** The last ten minutes as bars between 0 and the most of them; each the newest value of its span, empty where nothing was told. */
export function sparkline(
  points: readonly MonitorPoint[],
  of: (point: MonitorPoint) => number,
  nowMs: number,
  columns: number,
): string {
  if (columns < 1) return '';
  const values: (number | undefined)[] = Array.from({ length: columns }, () => undefined);
  for (const point of points) {
    const at = columns - 1 - Math.floor(((nowMs - point.atMs) / SPARK_MS) * columns);
    if (at >= 0 && at < columns) values[at] = of(point);
  }
  const most = Math.max(...values.map((value) => value ?? 0));
  return values
    .map((value) =>
      value === undefined
        ? ' '
        : (BARS[most === 0 ? 0 : Math.round((value / most) * (BARS.length - 1))] ?? ' '),
    )
    .join('');
}

const HEADINGS = ['Stream', 'Members', 'Internal', 'External', 'Inner links', 'Outer links'];
const WIDTHS = [8, 9, 10, 10, 14, 14];

function tableOf({ statistics: { listed, rest } }: MonitorPoint): Line[] {
  if (listed.length === 0) return [[['No stream is live.', Style.faint]]];
  const rows = listed.map(
    (subnetwork): Line => [
      [`${cells([subnetwork.stream, ...countCells(subnetwork)])}  `, Style.plain],
      [neighbourWords(subnetwork), Style.faint],
    ],
  );
  const others: Line[] =
    rest.subnetworks > 0 ? [[[cells([`+ ${rest.subnetworks}`, ...countCells(rest)]), Style.faint]]] : [];
  return [[[`${cells(HEADINGS)}  Neighbours`, Style.bold]], ...rows, ...others];
}

const cells = (texts: readonly string[]): string =>
  texts.map((text, at) => (at === 0 ? text.padEnd(WIDTHS[0] ?? 0) : text.padStart(WIDTHS[at] ?? 0))).join('');

type Counts = Pick<
  SubnetworkStatistics<ShortName>,
  'members' | 'internalRelations' | 'externalConnections' | 'innerPerMember' | 'outerPerMember'
>;

const countCells = (counts: Counts): string[] => [
  String(counts.members),
  String(counts.internalRelations),
  String(counts.externalConnections),
  perMember(counts.innerPerMember),
  perMember(counts.outerPerMember),
];

const perMember = ({ mean, max }: PerMember): string => `${mean.toFixed(1)} (max ${max})`;

function neighbourWords({ neighbours, otherNeighbours }: SubnetworkStatistics<ShortName>): string {
  const named = neighbours.map(({ stream, connections }) => `${stream} ${connections}`);
  const { subnetworks, connections } = otherNeighbours;
  return [...named, ...(subnetworks > 0 ? [`+ ${subnetworks}: ${connections}`] : [])].join(', ');
}

const clock = (atMs: number): string => new Date(atMs).toISOString().slice(11, 19);

/** Cut to the width of the screen, then coloured. */
function drawn(line: Line, { columns, colour }: ScreenSize): string {
  let left = columns;
  let text = '';
  for (const [part, style] of line) {
    const cut = part.slice(0, left);
    left -= cut.length;
    text += colour && style !== Style.plain && cut !== '' ? `\x1b[${style}m${cut}\x1b[0m` : cut;
  }
  return text.trimEnd();
}
