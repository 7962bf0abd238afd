import { expect, test } from 'vitest';
import { parseRoute } from './route.ts';

const stream = 'AAECAwQFBgcICQoLDA0ODxAREhM';

test.each(['', '#', '#/'])('%j is the start page', (fragment) => {
  expect(parseRoute(fragment)).toEqual({ page: 'home' });
});

test('the host’s page takes supernodes and slots', () => {
  expect(parseRoute('#/host')).toEqual({ page: 'host', options: { via: [], slots: undefined } });
  expect(parseRoute('#/host?via=ws://a.example/link&slots=2')).toEqual({
    page: 'host',
    options: { via: ['ws://a.example/link'], slots: 2 },
  });
});

test('the host’s page takes a number of trees that the protocol allows', () => {
  const stripes = (text: string) => {
    const route = parseRoute(`#/host?stripes=${text}`);
    return route.page === 'host' ? route.options.stripes : 'another page';
  };
  expect(['1', '16'].map(stripes)).toEqual([1, 16]);
  expect(['0', '17', '-1', '4x', ''].map(stripes)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('the monitor has a page', () => {
  expect(parseRoute('#/monitor')).toEqual({ page: 'monitor' });
  expect(parseRoute('#/monitor/')).toEqual({ page: 'monitor' });
  expect(parseRoute('#/monitor/more')).toEqual({ page: 'unknown' });
});

test('watching names a stream', () => {
  const target = { stream, via: ['ws://a.example/link'], slots: 0 };
  expect(parseRoute(`#/watch/${stream}?via=ws%3A%2F%2Fa.example%2Flink&slots=0`)).toEqual({
    page: 'watch',
    target,
  });
  expect(parseRoute(`#/watch/${stream}/`)).toMatchObject({ page: 'watch' });
});

test('a link whose id is none is broken, anything else unknown', () => {
  expect(parseRoute('#/watch')).toEqual({ page: 'broken-link' });
  expect(parseRoute('#/watch/abc')).toEqual({ page: 'broken-link' });
  expect(parseRoute('#/files')).toEqual({ page: 'unknown' });
  expect(parseRoute(`#/watch/${stream}/more`)).toEqual({ page: 'unknown' });
});
