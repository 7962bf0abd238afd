/** Whatever clients and files say, what reads it answers within bounds and throws nothing but its own errors. */
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressGroup, clientAddress, TrustedProxies } from './client-address.ts';
import { CommandLineError, readCommandLine } from './command-line.ts';
import { defaultSettings, flagOf, optionNames } from './settings/options.ts';

const ipv6 = fc.ipV6();
const addressLike = fc.oneof(
  ipv6,
  fc.ipV4(),
  fc.string(),
  fc.constantFrom('::', '::1%lo', '::ffff:1.2.3.4', 'unknown', '[::1]:80'),
);

test('an address becomes a short name, whatever it looks like', () => {
  fc.assert(
    fc.property(addressLike, (address) => {
      expect(addressGroup(address).length).toBeLessThanOrEqual(64);
    }),
  );
});

test('two addresses of one /64 have one name, two of different ones have two', () => {
  const half = fc.array(fc.nat(0xffff), { minLength: 4, maxLength: 4 });
  const written = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');
  fc.assert(
    fc.property(half, half, half, half, (network, other, one, two) => {
      const name = addressGroup(`${written(network)}:${written(one)}`);
      expect(addressGroup(`${written(network)}:${written(two)}`)).toBe(name);
      const same = network.every((group, at) => group === other[at]);
      if (!same) expect(addressGroup(`${written(other)}:${written(two)}`)).not.toBe(name);
    }),
  );
});

test('X-Forwarded-For: the answer is what the proxy wrote last, whatever stands before it', () => {
  const proxies = new TrustedProxies(['loopback']);
  fc.assert(
    fc.property(
      fc.string(),
      fc.ipV4().filter((address) => !address.startsWith('127.')),
      (claimed, seen) => {
        const headers = { 'x-forwarded-for': `${claimed}, ${seen}` };
        const request = { socket: { remoteAddress: '127.0.0.1' }, headers } as unknown as IncomingMessage;
        expect(clientAddress(request, proxies)).toBe(seen);
      },
    ),
  );
});

test('X-Forwarded-For of any content gives a short name', () => {
  const proxies = new TrustedProxies(['loopback', 'private']);
  fc.assert(
    fc.property(fc.array(addressLike, { maxLength: 40 }), (entries) => {
      const headers = { 'x-forwarded-for': entries.join(',') };
      const request = { socket: { remoteAddress: '::1' }, headers } as unknown as IncomingMessage;
      expect(clientAddress(request, proxies).length).toBeLessThanOrEqual(64);
    }),
  );
});

/** Settings, or an error of our own. */
function readSafely(...given: Parameters<typeof readCommandLine>): void {
  try {
    const command = readCommandLine(...given);
    if ('settings' in command) expect(Object.keys(command.settings)).toEqual(Object.keys(defaultSettings));
  } catch (error) {
    expect(error).toBeInstanceOf(CommandLineError);
    expect((error as Error).message.length).toBeLessThan(100_000);
  }
}

const flag = fc.constantFrom(...optionNames.map(flagOf));

test('a file of any JSON is read or refused', () => {
  const likely = fc.dictionary(flag, fc.jsonValue());
  fc.assert(
    fc.property(fc.oneof(likely, fc.jsonValue()), (value) => {
      readSafely(['--config', 'f'], {}, () => JSON.stringify(value));
    }),
  );
});

test('any words and variables are read or refused', () => {
  const words = fc.array(
    fc.oneof(
      fc.string(),
      flag.map((name) => `--${name}`),
      fc.constant('--'),
    ),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(
      words,
      fc.dictionary(fc.constantFrom('PORT', 'HOST', 'MURMURATION_PEERS'), fc.string()),
      (args, environment) => {
        readSafely(args, environment, () => '{}');
      },
    ),
  );
});
