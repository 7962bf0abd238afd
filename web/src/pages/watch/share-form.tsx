/** What I decide about passing the stream on: how much, how fast, and whether at all. */
import { useId, useState } from 'preact/hooks';
import { SLOTS_MAX } from '../../session/stream-link.ts';
import { UPLOAD_MBIT_MAX, UPLOAD_MBIT_MIN } from '../../state/preferences.ts';
import { sharingWords } from '../../state/sharing.ts';
import { NumberField } from '../parts/number-field.tsx';
import type { Sharing } from './use-sharing.ts';

/** @param props.kept whether the browser keeps settings for this page */
export function ShareForm({ sharing, kept }: { sharing: Sharing; kept: boolean }) {
  const { wishes, facts, change } = sharing;
  const { slots } = wishes;
  const [lastSlots, setLastSlots] = useState(slots || 3);
  const changeSlots = (next: number) => {
    if (next > 0) setLastSlots(next);
    change({ slots: next });
  };
  return (
    <form class="facts" onSubmit={(event) => event.preventDefault()}>
      <h2>My share</h2>
      <NumberField
        label="Copies of the stream I pass on, at most"
        hint={sharingWords(wishes, facts)}
        min={1}
        max={SLOTS_MAX}
        value={slots || lastSlots}
        disabled={slots === 0}
        onChange={changeSlots}
      />
      <UploadField
        value={wishes.uploadMbitMax}
        disabled={slots === 0}
        onChange={(uploadMbitMax) => change({ uploadMbitMax })}
      />
      <Check
        label="Watch only, pass nothing on"
        on={slots === 0}
        onChange={(on) => changeSlots(on ? 0 : lastSlots)}
      />
      <Check
        label="Pass on over metered connections, too"
        on={wishes.shareWhenMetered}
        onChange={(shareWhenMetered) => change({ shareWhenMetered })}
      />
      {!kept && (
        <p class="hint">
          This browser keeps no settings for this page, so they hold until you close it. Allow site data, or
          leave private browsing, to keep them.
        </p>
      )}
    </form>
  );
}

function Check(props: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={props.on}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}

/** Empty: what is usual (10). What is no number within bounds is not taken. */
function UploadField(props: {
  value: number | undefined;
  disabled: boolean;
  onChange: (value: number | undefined) => void;
}) {
  const id = useId();
  const take = (input: HTMLInputElement) => {
    const { value, valueAsNumber } = input;
    if (value === '' && input.validity.valid) props.onChange(undefined);
    else if (valueAsNumber >= UPLOAD_MBIT_MIN && valueAsNumber <= UPLOAD_MBIT_MAX)
      props.onChange(valueAsNumber);
  };
  return (
    <div class="field">
      <label for={id}>Upload for that, in Mbit/s at most</label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        min={UPLOAD_MBIT_MIN}
        max={UPLOAD_MBIT_MAX}
        step="any"
        placeholder="usual"
        value={props.value ?? ''}
        disabled={props.disabled}
        onInput={(event) => take(event.currentTarget)}
      />
    </div>
  );
}
