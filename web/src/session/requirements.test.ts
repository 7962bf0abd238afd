import { expect, test } from 'vitest';
import { whatIsMissing } from './requirements.ts';
import { SessionError } from './session-error.ts';

class Connection {
  close(): void {}
}

const browser = {
  isSecureContext: true,
  RTCPeerConnection: Connection,
  VideoDecoder: {},
  AudioDecoder: {},
  VideoEncoder: {},
  AudioEncoder: {},
  MediaSource: {},
  navigator: { locks: {} },
};
const without = (...names: string[]): object =>
  Object.fromEntries(Object.entries(browser).filter(([name]) => !names.includes(name)));

test('a current browser lacks nothing', () => {
  expect(whatIsMissing('viewer', browser)).toBeUndefined();
  expect(whatIsMissing('host', browser)).toBeUndefined();
});

test('plain http from another computer goes before everything that is missing because of it', () => {
  const insecure = { ...without('VideoDecoder', 'AudioDecoder', 'MediaSource'), isSecureContext: false };
  expect(whatIsMissing('viewer', insecure)?.reason).toBe('insecure-page');
  expect(new SessionError('insecure-page').message).toMatch(/https.*localhost.*--tls-self-signed/);
});

test('WebRTC that is switched off, or that an extension makes fail, is called by its name', () => {
  expect(whatIsMissing('viewer', without('RTCPeerConnection'))?.reason).toBe('no-webrtc');
  const blocked = {
    ...browser,
    RTCPeerConnection: class {
      constructor() {
        throw new Error('blocked by policy');
      }
    },
  };
  expect(whatIsMissing('viewer', blocked)?.reason).toBe('no-webrtc');
  expect(new SessionError('no-webrtc').message).toMatch(/[Aa]llow it/);
});

test('to watch, either WebCodecs or Media Source Extensions do; to host, only WebCodecs', () => {
  expect(whatIsMissing('viewer', without('VideoDecoder'))).toBeUndefined();
  expect(whatIsMissing('viewer', without('MediaSource'))).toBeUndefined();
  expect(
    whatIsMissing('viewer', { ...without('VideoDecoder', 'MediaSource'), ManagedMediaSource: {} }),
  ).toBeUndefined();
  expect(whatIsMissing('viewer', without('AudioDecoder', 'MediaSource'))?.reason).toBe('unsupported-browser');
  expect(whatIsMissing('host', without('VideoEncoder'))?.reason).toBe('unsupported-browser');
  expect(whatIsMissing('host', { ...browser, navigator: {} })?.reason).toBe('unsupported-browser');
});
