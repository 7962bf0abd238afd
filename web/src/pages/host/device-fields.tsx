/** Which camera and microphone. Browsers name them once one was allowed; until then there is nothing to choose. */
import { useEffect, useState } from 'preact/hooks';
import { type InputDevice, type InputDevices, watchInputDevices } from '../../media/capture/input-devices.ts';
import { NO_MICROPHONE } from '../../media/capture/live-source.ts';
import type { PreferenceStore } from '../../state/preferences.ts';
import { SelectField } from '../parts/select-field.tsx';

const BROWSERS_CHOICE = '';

export function DeviceFields(props: {
  kind: 'camera' | 'microphone';
  preferences: PreferenceStore;
  /** Anything that changes when a permission may have been given: names are asked for again. */
  askAgain: unknown;
  onChange: () => void;
}) {
  const { preferences, kind } = props;
  const [devices, setDevices] = useState<InputDevices>();
  const [{ camera, microphone }, setChosen] = useState(preferences.value);
  useEffect(() => watchInputDevices(setDevices), [props.askAgain]);
  const change = (part: { camera?: string | undefined } | { microphone?: string | undefined }) => {
    preferences.change(part);
    setChosen(preferences.value);
    props.onChange();
  };
  if (!devices || devices.cameras.length + devices.microphones.length === 0) return null;
  return (
    <>
      {kind === 'camera' && devices.cameras.length > 0 && (
        <SelectField
          label="Camera to use"
          value={camera ?? BROWSERS_CHOICE}
          options={listed(devices.cameras, 'The browser’s choice')}
          onChange={(value) => change({ camera: value || undefined })}
        />
      )}
      <SelectField
        label="Microphone to use"
        value={microphone ?? BROWSERS_CHOICE}
        options={[
          ...listed(devices.microphones, 'The browser’s choice'),
          ...(kind === 'camera' ? [{ value: NO_MICROPHONE, label: 'None: picture without sound' }] : []),
        ]}
        onChange={(value) => change({ microphone: value || undefined })}
      />
    </>
  );
}

const listed = (devices: readonly InputDevice[], first: string) => [
  { value: BROWSERS_CHOICE, label: first },
  ...devices.map(({ id, name }) => ({ value: id, label: name })),
];
