/**
 * Paints the test pattern: the time code, colour bars, a clock that people can read, and a sweeping ball, so that a frozen,
 * torn, blurred or late picture is seen at a glance. The time code's layout is in time-code.ts, a quiet beep each second in
 * `beepSamples`: it sounds while the ball's lamp is lit, which shows how far sound and picture are apart.
 */
import { TIME_CODE_COLUMNS, TIME_CODE_ROWS, timeCodeCells } from '../time-code.ts';

const BARS = ['#c0c0c0', '#c0c000', '#00c0c0', '#00c000', '#c000c0', '#c00000', '#0000c0'];

/** Each second begins with a beep and a lit lamp of this length. */
const BEEP_MS = 100;
const BEEP_HZ = 880;
/** About −26 dB of full scale. */
const BEEP_LEVEL = 0.05;
/** The beep fades in and out, or it would click. */
const FADE_MS = 5;

const codeHeight = (width: number): number => Math.ceil((width / TIME_CODE_COLUMNS) * TIME_CODE_ROWS);

const barsBottomOf = (width: number, height: number): number =>
  codeHeight(width) + Math.round((height - codeHeight(width)) * 0.55);

/** Paints what is the same in all pictures. */
export function paintBars(context: CanvasRenderingContext2D, width: number, height: number): void {
  const top = codeHeight(width);
  const barWidth = width / BARS.length;
  for (const [i, colour] of BARS.entries()) {
    context.fillStyle = colour;
    context.fillRect(Math.floor(i * barWidth), top, Math.ceil(barWidth), barsBottomOf(width, height) - top);
  }
}

/** Paints the rest of one picture. `ms`: wall clock, since 1970; `frame`: counts up. */
export function paintTestPattern(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  ms: number,
  frame: number,
): void {
  paintTimeCode(context, width, ms, frame);
  const barsBottom = barsBottomOf(width, height);
  context.fillStyle = '#14181f';
  context.fillRect(0, barsBottom, width, height - barsBottom);

  const lower = height - barsBottom;
  const secondMs = ms % 1_000;
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  context.fillStyle = '#ffffff';
  context.font = `600 ${Math.round(lower * 0.34)}px ui-monospace, monospace`;
  context.fillText(`${new Date(ms).toISOString().slice(11, 23)} UTC`, width / 2, barsBottom + lower * 0.32);
  context.font = `${Math.round(lower * 0.16)}px ui-monospace, monospace`;
  context.fillStyle = '#9fb0c3';
  context.fillText(`Murmuration test pattern · frame ${frame}`, width / 2, barsBottom + lower * 0.62);

  // The ball crosses the picture once a second, back and forth.
  const radius = lower * 0.08;
  const phase = Math.floor(ms / 1_000) % 2 === 0 ? secondMs / 1_000 : 1 - secondMs / 1_000;
  context.fillStyle = secondMs < BEEP_MS ? '#ffd75e' : '#e8edf3';
  context.beginPath();
  context.arc(radius + phase * (width - 2 * radius), barsBottom + lower * 0.86, radius, 0, 2 * Math.PI);
  context.fill();
}

function paintTimeCode(context: CanvasRenderingContext2D, width: number, ms: number, frame: number): void {
  const side = width / TIME_CODE_COLUMNS;
  context.fillStyle = '#000000';
  context.fillRect(0, 0, width, side * TIME_CODE_ROWS);
  context.fillStyle = '#ffffff';
  for (const [i, white] of timeCodeCells({ ms, frame }).entries()) {
    if (!white) continue;
    context.fillRect((i % TIME_CODE_COLUMNS) * side, Math.floor(i / TIME_CODE_COLUMNS) * side, side, side);
  }
}

/** One channel of sound between −1 and 1, beginning at `startMs` of the wall clock. */
export function beepSamples(startMs: number, count: number, sampleRate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const secondMs = (startMs + (i * 1_000) / sampleRate) % 1_000;
    if (secondMs >= BEEP_MS) continue;
    const fade = Math.min(1, secondMs / FADE_MS, (BEEP_MS - secondMs) / FADE_MS);
    samples[i] = BEEP_LEVEL * fade * Math.sin((2 * Math.PI * BEEP_HZ * secondMs) / 1_000);
  }
  return samples;
}
