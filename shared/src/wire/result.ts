/** Why a packet did not decode. Counted by reason, never thrown. */
export const DecodeFailure = {
  empty: 'empty',
  oversized: 'oversized',
  unknownType: 'unknown-type',
  truncated: 'truncated',
  trailing: 'trailing-bytes',
  badField: 'bad-field',
} as const;
export type DecodeFailure = (typeof DecodeFailure)[keyof typeof DecodeFailure];

export type Decoded<T> = { ok: true; value: T } | { ok: false; reason: DecodeFailure };

export const decoded = <T>(value: T): Decoded<T> => ({ ok: true, value });
export const undecodable = (reason: DecodeFailure): Decoded<never> => ({ ok: false, reason });
