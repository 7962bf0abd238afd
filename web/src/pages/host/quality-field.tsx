/** The bitrate, and with it the size of the picture. */
import { type LadderStep, ladderSteps } from '../../media/capture/bitrate-ladder.ts';
import { readableBitRate } from '../../state/readable-numbers.ts';
import { SelectField } from '../parts/select-field.tsx';

const AUTOMATIC = 'automatic';

const options = [
  { value: AUTOMATIC, label: 'Automatic' },
  ...ladderSteps.map(({ height, bitsPerSecond }: LadderStep) => ({
    value: String(bitsPerSecond),
    label: `${height}p, ${readableBitRate(bitsPerSecond)}`,
  })),
];

export function QualityField(props: {
  bitsPerSecond: number | undefined;
  onChange: (bitsPerSecond: number | undefined) => void;
}) {
  return (
    <SelectField
      label="Quality"
      hint="Automatic suits this computer, and leaves files as they are."
      value={String(props.bitsPerSecond ?? AUTOMATIC)}
      options={options}
      onChange={(value) => props.onChange(value === AUTOMATIC ? undefined : Number(value))}
    />
  );
}
