import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AsLink } from './as-graph-schema.js';
import { createFurtherAsPaths, readAsRelationships } from './as-relationships.js';

/** `# CAIDA` and `64500|64501|-1`. */
const bzip2Base64 = 'QlpoOTFBWSZTWdN94pAAAAHcgAAQSAJnACwgAAQgADEAAAagZM1PKRfNuxVZIImUk0z8XckU4UJDTfeKQA==';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-as-rel-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function read(content: string | Buffer): Promise<AsLink[]> {
  const file = join(directory, 'as-rel.txt');
  await writeFile(file, content);
  return readAsRelationships(file);
}

const serial1 = '# input clique: 1 2\n# a provider, b customer\n1|2|0\n1|64501|-1\r\n\n64501|1|0';
const links = [
  { from: 1, to: 2, relationship: 'peer' },
  { from: 64501, to: 1, relationship: 'customer-of' },
];

describe('AS relationships', () => {
  it('are those of both serials, plain or compressed; of one pair the first', async () => {
    expect(await read(serial1)).toEqual(links);
    expect(await read(serial1.replaceAll(/^(\d.*)$/gm, '$1|bgp'))).toEqual(links);
    expect(await read(gzipSync(serial1))).toEqual(links);
    expect(await read(Buffer.from(bzip2Base64, 'base64'))).toEqual([
      { from: 64501, to: 64500, relationship: 'customer-of' },
    ]);
    expect(await read('')).toEqual([]);
  });

  it.each([
    ['1|2|1'],
    ['1|2'],
    ['1|1|0'],
    ['0|1|0'],
    ['1|4294967296|0'],
    ['1|2|0|bgp|more'],
    ['1|2|-1|'],
    ['<html>'],
  ])('are refused whole, with the line: %s', async (line) => {
    await expect(read(`3|4|0\n${line}\n`)).rejects.toMatchObject({
      code: 'as-relationships-malformed',
      message: expect.stringMatching(/as-rel\.txt, after line \d/),
    });
  });

  it('are refused where a line has no end', async () => {
    await expect(read(`1|2|0\n${'#'.repeat(600_000)}`)).rejects.toMatchObject({
      code: 'as-relationships-malformed',
      message: expect.stringContaining('a line is longer'),
    });
  });

  it('are refused where the file is damaged, or not there', async () => {
    await expect(read(gzipSync(serial1).subarray(0, 30))).rejects.toMatchObject({
      code: 'as-relationships-malformed',
    });
    await expect(readAsRelationships(join(directory, 'none'))).rejects.toMatchObject({
      code: 'as-relationships-unreadable',
    });
  });
});

describe('ways over further links', () => {
  const graph = {
    ases: [],
    links: [{ from: 1, to: 2, relationship: 'customer-of' as const }],
  };

  it('take the operator’s word of a pair', () => {
    const paths = createFurtherAsPaths(graph, [
      { from: 2, to: 1, relationship: 'customer-of' },
      { from: 3, to: 2, relationship: 'peer' },
    ]);
    expect(paths.path(1, 3)).toEqual([1, 2, 3]);
    expect(paths.path(3, 1)).toEqual([3, 2, 1]);
    expect(createFurtherAsPaths(graph, []).path(1, 2)).toBeUndefined();
  });

  it('pass no AS twice, whatever circles there are', () => {
    const asn = fc.integer({ min: 1, max: 7 });
    const link = fc.record({
      from: asn,
      to: asn,
      relationship: fc.constantFrom('customer-of' as const, 'peer' as const),
    });
    fc.assert(
      fc.property(fc.array(link, { maxLength: 25 }), asn, asn, (all, source, destination) => {
        const further = all.filter(({ from, to }) => from !== to);
        const path = createFurtherAsPaths({ ases: [], links: [] }, further).path(source, destination) ?? [];
        expect(new Set(path).size).toBe(path.length);
      }),
    );
  });
});
