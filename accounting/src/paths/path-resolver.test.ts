import { createAsGraph } from '@fairhop/shared/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPathResolver } from './path-resolver.js';
import { createResolvedPath } from './resolved-path.js';

/** SP1 and SP2 peer, SP3 buys transit from SP2, the CDN sits behind a backbone that serves SP1 and SP2. */
const graphFile = {
  version: 1,
  ases: [
    { asn: 64496, name: 'CDN', isp: 'cdn' },
    { asn: 64500, name: 'Backbone', isp: 'backbone' },
    { asn: 64501, name: 'SP1', isp: 'sp1' },
    { asn: 64502, name: 'SP2', isp: 'sp2' },
    { asn: 64503, name: 'SP3', isp: 'sp3' },
    { asn: 64510, name: 'Island', isp: 'island' },
  ],
  isps: ['cdn', 'backbone', 'sp1', 'sp2', 'sp3', 'island'].map((id) => ({ id, name: id.toUpperCase() })),
  prefixes: [
    { prefix: '127.0.0.1/32', asn: 64496 },
    { prefix: '127.1.0.0/16', asn: 64501 },
    { prefix: '127.2.0.0/16', asn: 64502 },
    { prefix: '127.3.0.0/16', asn: 64503 },
    { prefix: '127.9.0.0/16', asn: 64510 },
  ],
  links: [
    { from: 64496, to: 64500, relationship: 'customer-of' },
    { from: 64501, to: 64500, relationship: 'customer-of' },
    { from: 64502, to: 64500, relationship: 'customer-of' },
    { from: 64501, to: 64502, relationship: 'peer' },
    { from: 64503, to: 64502, relationship: 'customer-of' },
  ],
};

const failing = (error: unknown): never => {
  throw error;
};
const resolverOf = (file: unknown) =>
  createPathResolver({ graph: createAsGraph(file), furtherAsnSources: [], onSourceError: failing });

describe('path resolver', () => {
  it('gives AS, link, AS, …, then the ISPs, in the direction of the bytes', async () => {
    const { source, destination, path } = await resolverOf(graphFile).resolve('127.1.0.5', '127.3.0.7', 0);
    expect(source).toEqual({ asn: 64501, isp: 'sp1' });
    expect(destination).toEqual({ asn: 64503, isp: 'sp3' });
    expect(path?.components).toEqual([
      'as:64501',
      'link:as:64501>as:64502',
      'as:64502',
      'link:as:64502>as:64503',
      'as:64503',
      'isp:sp1',
      'isp:sp2',
      'isp:sp3',
    ]);
    expect(path?.asPath).toEqual([64501, 64502, 64503]);
    expect(path?.id).toMatch(/^path:[0-9a-f]{64}$/);
  });

  it('stays inside one AS, where there is one', async () => {
    const { path } = await resolverOf(graphFile).resolve('127.1.0.5', '127.1.200.1', 0);
    expect(path?.components).toEqual(['as:64501', 'isp:sp1']);
  });

  it('leaves unattributed what begins or ends outside every prefix, or has no way between', async () => {
    const resolver = resolverOf(graphFile);
    expect(await resolver.resolve('10.0.0.1', '127.1.0.1', 0)).toEqual({
      source: { asn: null, isp: null },
      destination: { asn: 64501, isp: 'sp1' },
      path: null,
    });
    expect((await resolver.resolve('127.1.0.1', '127.9.0.1', 0)).path).toBeNull();
  });

  it('asks further sources for addresses outside the operator’s prefixes, and survives their failure', async () => {
    const errors: unknown[] = [];
    const resolver = createPathResolver({
      graph: createAsGraph(graphFile),
      furtherAsnSources: [
        { name: 'broken', lookup: () => Promise.reject(new Error('down')) },
        {
          name: 'further',
          lookup: (address) => ({ asn: address === '192.0.2.1' ? 65010 : 64501, source: 'further' }),
        },
      ],
      onSourceError: (_error, source) => errors.push(source),
    });
    const way = await resolver.resolve('192.0.2.1', '192.0.2.1', 0);
    expect(way.source).toEqual({ asn: 65010, isp: null });
    expect(way.path?.components).toEqual(['as:65010']);
    expect(errors).toContain('broken');
  });

  it('gives the same path for as long as the same networks carry it, another when one changes hands', async () => {
    const before = await resolverOf(graphFile).resolve('127.1.0.5', '127.2.0.7', 0);
    const again = await resolverOf(structuredClone(graphFile)).resolve('127.1.9.9', '127.2.9.9', 0);
    expect(again.path?.id).toBe(before.path?.id);
    const sold = structuredClone(graphFile);
    sold.ases[3]!.isp = 'sp3';
    expect((await resolverOf(sold).resolve('127.1.0.5', '127.2.0.7', 0)).path?.id).not.toBe(before.path?.id);
  });
});

describe('createResolvedPath', () => {
  it('is one to one between paths with their ISPs and ids', () => {
    const asPaths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
    const isps = fc.dictionary(fc.constantFrom('1', '2', '3', '4', '5'), fc.constantFrom('a', 'b'));
    fc.assert(
      fc.property(asPaths, asPaths, isps, isps, (left, right, leftIsps, rightIsps) => {
        const leftPath = createResolvedPath(left, (asn) => leftIsps[asn]);
        const rightPath = createResolvedPath(right, (asn) => rightIsps[asn]);
        const said = ({ asPath, isps: of }: typeof leftPath) => JSON.stringify([asPath, of]);
        expect(leftPath.id === rightPath.id).toBe(said(leftPath) === said(rightPath));
        expect(leftPath.components.filter((id) => id.startsWith('link:'))).toHaveLength(left.length - 1);
      }),
    );
  });
});
