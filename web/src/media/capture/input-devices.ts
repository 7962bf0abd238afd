/** The cameras and microphones of this computer, as far as the browser tells: names only once one of them was allowed. */

export interface InputDevice {
  readonly id: string;
  /** For people; numbered where the browser gives no name. */
  readonly name: string;
}

export interface InputDevices {
  readonly cameras: readonly InputDevice[];
  readonly microphones: readonly InputDevice[];
}

type DeviceFacts = Pick<MediaDeviceInfo, 'deviceId' | 'kind' | 'label'>;

/** What a browser listed. Devices without an id are left out: they cannot be chosen, nor told apart. */
export function sortDevices(listed: readonly DeviceFacts[]): InputDevices {
  const named = (kind: MediaDeviceKind, word: string): InputDevice[] =>
    listed
      .filter((device) => device.kind === kind && device.deviceId !== '')
      .map(({ deviceId, label }, i) => ({ id: deviceId, name: label || `${word} ${i + 1}` }));
  return { cameras: named('videoinput', 'Camera'), microphones: named('audioinput', 'Microphone') };
}

/** Calls back with the devices now, and whenever one comes or goes; returns how to stop. */
export function watchInputDevices(onDevices: (devices: InputDevices) => void): () => void {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    const listed = await devices?.enumerateDevices().catch(() => []);
    if (!stopped) onDevices(sortDevices(listed ?? []));
  };
  look();
  devices?.addEventListener('devicechange', look);
  return () => {
    stopped = true;
    devices?.removeEventListener('devicechange', look);
  };
}
