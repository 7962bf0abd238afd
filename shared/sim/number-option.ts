/** Reads a number from the command line, or says in a sentence what is wrong with it. */

export interface NumberRange {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

/** The number given, the default if none was, or a sentence that says what is wrong with it. */
export function readNumber(
  name: string,
  text: string | undefined,
  otherwise: number,
  { least, most, whole }: NumberRange,
): number | string {
  if (text === undefined) return otherwise;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  return `--${name} must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${text}".`;
}
