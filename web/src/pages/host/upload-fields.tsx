/** How much a host gives: copies of the stream, and an upper limit of upload in Mbit/s. */
import { useId } from 'preact/hooks';
import { SLOTS_MAX } from '../../session/stream-link.ts';
import { MBIT } from '../../state/upload-limit.ts';
import { NumberField } from '../parts/number-field.tsx';

const LIMIT_MBIT_MAX = 10_000;

export function UploadFields(props: {
  copies: number;
  /** In bit/s; undefined: none. */
  limit: number | undefined;
  onCopies: (copies: number) => void;
  onLimit: (limit: number | undefined) => void;
}) {
  return (
    <fieldset class="upload">
      <legend>Upload, at most</legend>
      <div class="upload-fields">
        <NumberField
          label="Copies to send"
          min={1}
          max={SLOTS_MAX}
          value={props.copies}
          onChange={props.onCopies}
        />
        <LimitField limit={props.limit} onLimit={props.onLimit} />
      </div>
      <p class="hint">Everyone else gets the stream from other viewers.</p>
    </fieldset>
  );
}

function LimitField({
  limit,
  onLimit,
}: {
  limit: number | undefined;
  onLimit: (limit: number | undefined) => void;
}) {
  const id = useId();
  const shown = limit === undefined ? '' : String(limit / MBIT);
  const take = (input: HTMLInputElement) => {
    const { valueAsNumber: mbit, validity } = input;
    if (input.value === '' && validity.valid) onLimit(undefined);
    else if (Number.isInteger(mbit) && mbit >= 1 && mbit <= LIMIT_MBIT_MAX) onLimit(mbit * MBIT);
  };
  return (
    <div class="field">
      <label for={id}>Mbit/s in all</label>
      <input
        id={id}
        type="number"
        inputMode="numeric"
        placeholder="no limit"
        min={1}
        max={LIMIT_MBIT_MAX}
        step={1}
        value={shown}
        onInput={(event) => take(event.currentTarget)}
        onBlur={(event) => {
          event.currentTarget.value = shown;
        }}
      />
    </div>
  );
}
