import type { LookupAddress, LookupOptions } from 'node:dns';
import { expect, it } from 'vitest';
import { createPublicLookup } from './connect-public.js';

const addressOf = (address: string): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 });

const lookUp = (options: LookupOptions, ...addresses: string[]) =>
  new Promise((resolve) => {
    const lookup = createPublicLookup((_name, _options, done) => done(null, addresses.map(addressOf)));
    lookup('alto.example', options, (error, ...found) => resolve(error?.message ?? found));
  });

it('leads to what is public of all that a name leads to, and nowhere else', async () => {
  const mixed = ['127.0.0.1', 'fe80::1%eth0', '1.1.1.1', '10.0.0.1', '2606:4700::1111', '::ffff:10.0.0.1'];
  const isPublic = [addressOf('1.1.1.1'), addressOf('2606:4700::1111')];
  expect(await lookUp({ all: true }, ...mixed)).toEqual([isPublic]);
  expect(await lookUp({}, ...mixed)).toEqual(['1.1.1.1', 4]);
  for (const options of [{ all: true }, {}]) {
    expect(await lookUp(options, '127.0.0.1', '::1')).toContain('no public address');
    expect(await lookUp(options)).toContain('no public address');
  }
});
