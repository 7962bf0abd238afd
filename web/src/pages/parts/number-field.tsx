/** A small whole number within bounds. What is typed outside of them is not taken, and shown as invalid until it is mended. */
import { useId } from 'preact/hooks';

export function NumberField(props: {
  label: string;
  hint?: string;
  value: number;
  min: number;
  max: number;
  disabled?: boolean;
  onChange: (value: number) => void;
}) {
  const id = useId();
  const take = (input: HTMLInputElement) => {
    const value = input.valueAsNumber;
    if (Number.isInteger(value) && value >= props.min && value <= props.max) props.onChange(value);
  };
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="number"
        inputMode="numeric"
        min={props.min}
        max={props.max}
        step={1}
        required
        value={props.value}
        disabled={props.disabled}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onInput={(event) => take(event.currentTarget)}
        onBlur={(event) => {
          event.currentTarget.value = String(props.value);
        }}
      />
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  );
}
