import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBundledAsnSource } from './asn-bundled.js';
import { describeAsnSource } from './asn-source-compliance.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-asn-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function sourceOf(ipv4: string, ipv6 = '') {
  const ipv4Path = join(directory, 'asn-ipv4-num.csv');
  const ipv6Path = join(directory, 'asn-ipv6-num.csv');
  await writeFile(ipv4Path, ipv4);
  await writeFile(ipv6Path, ipv6);
  return createBundledAsnSource({ ipv4Path, ipv6Path });
}

const packaged = createBundledAsnSource();

describeAsnSource('bundled dataset', {
  createSource: () => packaged,
  known: [
    { address: '1.1.1.1', asn: 13335, name: 'Cloudflare, Inc.' },
    { address: '8.8.8.8', asn: 15169, name: 'Google LLC' },
    { address: '2001:4:112::1', asn: 112, name: 'DNS-OARC' },
  ],
  unknown: ['127.0.0.1', '10.0.0.1', '255.255.255.255', '2001:db8::1', '::1'],
});

describe('createBundledAsnSource', () => {
  it('answers at once after load', async () => {
    const source = await sourceOf('16777216,16777471,13335,Cloudflare\n');
    await source.load();
    expect(source.lookup('1.0.0.255')).toEqual({ asn: 13335, source: 'bundled', name: 'Cloudflare' });
    expect(source.lookup('1.0.1.0')).toBeUndefined();
    expect(source.lookup('0.255.255.255')).toBeUndefined();
  });

  it('reads quoted, empty and last names', async () => {
    const source = await sourceOf(
      '0,0,1,"A ""B"", C"\n1,1,2,\n2,2,3,Ünï\r\n4294967295,4294967295,4,Last',
      '1,1,5,Six',
    );
    const names = [];
    for (const address of ['0.0.0.0', '0.0.0.1', '0.0.0.2', '255.255.255.255', '::1']) {
      names.push((await source.lookup(address))?.name);
    }
    expect(names).toEqual(['A "B", C', undefined, 'Ünï', 'Last', 'Six']);
  });

  it('still knows the AS when the files have gone or changed since', async () => {
    const source = await sourceOf('0,0,1,One\n1,1,2,Two\n');
    await source.load();
    await writeFile(join(directory, 'asn-ipv4-num.csv'), '0,1,9,Nine and another\n');
    expect(source.lookup('0.0.0.0')).toEqual({ asn: 1, source: 'bundled' });
    await rm(join(directory, 'asn-ipv4-num.csv'));
    expect(source.lookup('0.0.0.1')).toEqual({ asn: 2, source: 'bundled' });
  });

  it.each([
    ['no fields', 'nonsense\n'],
    ['an empty line', '0,1,2,A\n\n3,4,5,B\n'],
    ['a missing number', '0,,2,A\n'],
    ['a negative number', '-1,0,2,A\n'],
    ['a number past 32 bits', '0,4294967296,2,A\n'],
    ['lines out of order', '5,6,2,A\n0,1,3,B\n'],
    ['a range that ends before it begins', '5,4,2,A\n'],
    ['dotted addresses', '1.0.0.0,1.0.0.255,13335,A\n'],
  ])('refuses %s', async (_what, ipv4) => {
    const source = await sourceOf(ipv4);
    await expect(source.load()).rejects.toMatchObject({
      code: 'asn-dataset-malformed',
      message: expect.stringMatching(/^asn-ipv4-num\.csv line \d+ is /),
    });
  });

  it('refuses an IPv6 number past 128 bits', async () => {
    const source = await sourceOf('', `0,${1n << 128n},2,A\n`);
    await expect(source.load()).rejects.toMatchObject({ code: 'asn-dataset-malformed' });
  });

  it('takes the range that begins later where ranges overlap, and goes on with the one around it', async () => {
    const source = await sourceOf('0,5,1,A\n4,9,2,B\n6,7,3,C\n');
    const asns = [];
    for (const address of ['0.0.0.3', '0.0.0.4', '0.0.0.6', '0.0.0.7', '0.0.0.8', '0.0.0.9', '0.0.0.10']) {
      asns.push((await source.lookup(address))?.asn);
    }
    expect(asns).toEqual([1, 2, 3, 3, 2, 2, undefined]);
  });

  it('names the file that it cannot read, and reads it when it is there', async () => {
    const source = await sourceOf('0,0,1,One\n');
    await rm(join(directory, 'asn-ipv4-num.csv'));
    await expect(source.lookup('0.0.0.0')).rejects.toMatchObject({
      code: 'asn-dataset-unreadable',
      message: expect.stringContaining('asn-ipv4-num.csv'),
    });
    await writeFile(join(directory, 'asn-ipv4-num.csv'), '0,0,1,One\n');
    expect(await source.lookup('0.0.0.0')).toMatchObject({ asn: 1 });
  });
});
