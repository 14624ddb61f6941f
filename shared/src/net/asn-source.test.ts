import { describe, expect, it } from 'vitest';
import { createAsGraph } from './as-graph.js';
import { type AsnSource, createAsnChain, createAsnMatch } from './asn-source.js';
import { describeAsnSource } from './asn-source-compliance.js';
import { NetError } from './net-error.js';

const graph = createAsGraph({
  version: 1,
  ases: [
    { asn: 64501, name: 'SP1 access', isp: 'sp1' },
    { asn: 64502, name: 'SP2 access', isp: 'sp2' },
  ],
  isps: [
    { id: 'sp1', name: 'SP1' },
    { id: 'sp2', name: 'SP2' },
  ],
  prefixes: [
    { prefix: '127.1.0.0/16', asn: 64501 },
    { prefix: '127.1.128.0/17', asn: 64502 },
    { prefix: '2001:db8::/32', asn: 64501 },
  ],
  links: [],
});

const known = [
  { address: '127.1.0.9', asn: 64501, name: 'SP1 access' },
  { address: '127.1.128.1', asn: 64502, name: 'SP2 access' },
  { address: '2001:db8::a', asn: 64501, name: 'SP1 access' },
];
const unknown = ['127.2.0.1', '2001:db9::'];

const ofGraph: AsnSource = {
  name: 'graph',
  lookup(address) {
    const asn = graph.asOf(address);
    return asn === undefined ? undefined : createAsnMatch(asn, 'graph', graph.autonomousSystem(asn)?.name);
  },
};

describeAsnSource('chain', {
  createSource: () => createAsnChain([ofGraph]),
  known,
  unknown,
});

const fixed = (name: string, asn: number | undefined): AsnSource => ({
  name,
  lookup: () => (asn === undefined ? undefined : { asn, source: name }),
});

describe('createAsnChain', () => {
  it('takes the first match and asks no further', async () => {
    const asked: string[] = [];
    const watched = (source: AsnSource): AsnSource => ({
      name: source.name,
      async lookup(address) {
        asked.push(source.name);
        return await source.lookup(address);
      },
    });
    const chain = createAsnChain(
      [fixed('none', undefined), fixed('first', 1), fixed('second', 2)].map(watched),
    );
    expect(await chain.lookup('192.0.2.1')).toEqual({ asn: 1, source: 'first' });
    expect(asked).toEqual(['none', 'first']);
  });

  it('goes on past sources that throw or reject, and reports them', async () => {
    const thrown = new Error('thrown');
    const rejected = new Error('rejected');
    const throwing: AsnSource = {
      name: 'throwing',
      lookup() {
        throw thrown;
      },
    };
    const rejecting: AsnSource = { name: 'rejecting', lookup: () => Promise.reject(rejected) };
    const reports: unknown[] = [];
    const chain = createAsnChain([throwing, rejecting, fixed('last', 3)], {
      onError: (error, source, address) => reports.push([error, source.name, address]),
    });
    expect(await chain.lookup('192.0.2.1')).toEqual({ asn: 3, source: 'last' });
    expect(reports).toEqual([
      [thrown, 'throwing', '192.0.2.1'],
      [rejected, 'rejecting', '192.0.2.1'],
    ]);
  });

  it('goes on past a source that never answers', async () => {
    const silent: AsnSource = { name: 'silent', lookup: () => new Promise(() => {}) };
    const reports: unknown[] = [];
    const chain = createAsnChain([silent, fixed('last', 3)], {
      onError: (error) => reports.push(error),
      sourceTimeoutMs: 20,
    });
    expect(await chain.lookup('192.0.2.1')).toEqual({ asn: 3, source: 'last' });
    expect(reports).toEqual([expect.any(NetError)]);
    expect(reports).toEqual([expect.objectContaining({ code: 'asn-source-timeout' })]);
  });

  it('says undefined when every source fails, without a listener too', async () => {
    const rejecting: AsnSource = { name: 'rejecting', lookup: () => Promise.reject(new Error('down')) };
    expect(await createAsnChain([rejecting]).lookup('192.0.2.1')).toBeUndefined();
    expect(await createAsnChain([]).lookup('192.0.2.1')).toBeUndefined();
  });

  it('does not blame the sources for bad input', async () => {
    const reports: unknown[] = [];
    const chain = createAsnChain([ofGraph], {
      onError: (error) => reports.push(error),
    });
    await expect(chain.lookup('nonsense')).rejects.toMatchObject({ code: 'address-malformed' });
    expect(reports).toEqual([]);
  });
});
