import { expect, test } from 'vitest';
import { sortDevices } from './input-devices.ts';

test('cameras and microphones are told apart, and numbered where they have no name', () => {
  const listed = [
    { kind: 'audioinput', deviceId: 'a', label: 'Headset' },
    { kind: 'audiooutput', deviceId: 'b', label: 'Speaker' },
    { kind: 'videoinput', deviceId: 'c', label: '' },
    { kind: 'videoinput', deviceId: 'd', label: '' },
  ] as const;
  expect(sortDevices(listed)).toEqual({
    cameras: [
      { id: 'c', name: 'Camera 1' },
      { id: 'd', name: 'Camera 2' },
    ],
    microphones: [{ id: 'a', name: 'Headset' }],
  });
});

test('before a permission, browsers list devices without ids: there is nothing to choose yet', () => {
  const listed = [{ kind: 'videoinput', deviceId: '', label: '' }] as const;
  expect(sortDevices(listed)).toEqual({ cameras: [], microphones: [] });
});
