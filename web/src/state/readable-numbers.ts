/** Numbers as people read them. The unit steps are decimal, as network speeds and file sizes are usually given. */

const steps = ['', 'k', 'M', 'G', 'T'];

/** `1.2 MB`: three significant digits at most, never a decimal below the first step. */
export const readableBytes = (bytes: number): string => scaled(bytes, 'B');

/** `1.2 Mbit/s`. */
export const readableBitRate = (bitsPerSecond: number): string => scaled(bitsPerSecond, 'bit/s');

/** `85 ms`, from a second on `1.3 s`. */
export const readableDelay = (ms: number): string =>
  Math.abs(ms) < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** `4:07`, from an hour on `1:02:33`. */
export function readableDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** Time of day as this browser's language writes it, with seconds. */
export const readableTime = (unixMs: number): string => new Date(unixMs).toLocaleTimeString();

/** A share between 0 and 1 in whole per cent; never 0% or 100% unless it is exactly that. */
export function readableShare(share: number): string {
  const percent = share <= 0 ? 0 : share >= 1 ? 100 : Math.min(99, Math.max(1, Math.round(share * 100)));
  return `${percent}%`;
}

/** `1 viewer`, `3 viewers`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

function scaled(value: number, unit: string): string {
  let step = 0;
  let rest = value;
  while (rest >= 999.5 && step < steps.length - 1) {
    rest /= 1000;
    step++;
  }
  const digits = step === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(digits)} ${steps[step]}${unit}`;
}
