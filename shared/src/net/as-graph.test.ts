import { describe, expect, it } from 'vitest';
import { AsGraphError, createAsGraph } from './as-graph.js';

const file = {
  version: 1,
  ases: [
    { asn: 64502, name: 'SP2 access', isp: 'sp2', country: 'PT' },
    { asn: 64501, name: 'SP1 access', isp: 'sp1' },
    { asn: 64499, name: 'SP1 mobile', isp: 'sp1' },
    { asn: 64500, name: 'Backbone', isp: 'backbone' },
  ],
  isps: [
    { id: 'sp1', name: 'SP1' },
    { id: 'sp2', name: 'SP2' },
    { id: 'backbone', name: 'Backbone' },
    { id: 'new', name: 'No AS yet' },
  ],
  prefixes: [
    { prefix: '127.1.0.0/16', asn: 64501 },
    { prefix: '127.1.9.0/24', asn: 64499 },
    { prefix: '127.2.0.0/16', asn: 64502 },
  ],
  links: [
    { from: 64501, to: 64500, relationship: 'customer-of' },
    { from: 64502, to: 64500, relationship: 'customer-of' },
    { from: 64501, to: 64502, relationship: 'peer' },
  ],
};

function problemsOf(change: Record<string, unknown>): string[] {
  try {
    createAsGraph({ ...file, ...change });
  } catch (error) {
    expect(error).toBeInstanceOf(AsGraphError);
    expect(error).toMatchObject({ code: 'as-graph-invalid' });
    return (error as AsGraphError).problems.map(({ code, path }) => `${code} ${path.join('.')}`);
  }
  return [];
}

describe('createAsGraph', () => {
  const graph = createAsGraph(file);

  it('finds the AS of an address by the longest prefix', () => {
    expect(graph.asOf('127.1.0.1')).toBe(64501);
    expect(graph.asOf('127.1.9.1')).toBe(64499);
    expect(graph.asOf('127.2.0.1')).toBe(64502);
    expect(graph.asOf('127.3.0.1')).toBeUndefined();
    expect(() => graph.asOf('127.3')).toThrow(expect.objectContaining({ code: 'address-malformed' }));
  });

  it('finds ISPs, whatever the case', () => {
    expect(graph.isp('SP1')).toEqual({ id: 'sp1', name: 'SP1' });
    expect(graph.isp('sp1')).toEqual({ id: 'sp1', name: 'SP1' });
    expect(graph.isp('sp9')).toBeUndefined();
    expect(graph.ispOf(64499)).toBe('sp1');
    expect(graph.ispOf(1)).toBeUndefined();
  });

  it('finds the ASes of an ISP', () => {
    expect(graph.asesOfIsp('Sp1')).toEqual([64499, 64501]);
    expect(graph.asesOfIsp('new')).toEqual([]);
    expect(graph.asesOfIsp('sp9')).toEqual([]);
  });

  it('finds name and country of an AS', () => {
    expect(graph.autonomousSystem(64502)).toEqual(file.ases[0]);
    expect(graph.country(64502)).toBe('PT');
    expect(graph.country(64501)).toBeUndefined();
    expect(graph.country(1)).toBeUndefined();
  });

  it('reports every contradiction, with its place', () => {
    const problems = problemsOf({
      ases: [
        ...file.ases,
        { asn: 64501, name: 'Again', isp: 'sp1' },
        { asn: 64510, name: 'Lost', isp: 'sp9' },
      ],
      isps: [...file.isps, { id: 'sp1', name: 'Again' }],
      prefixes: [
        ...file.prefixes,
        { prefix: '127.9.0.0/16', asn: 1 },
        { prefix: '127.9.0.1/16', asn: 64501 },
        { prefix: 'nonsense', asn: 64501 },
        { prefix: '::ffff:127.2.0.0/112', asn: 64501 },
      ],
      links: [
        ...file.links,
        { from: 64501, to: 2, relationship: 'peer' },
        { from: 3, to: 64501, relationship: 'peer' },
        { from: 64501, to: 64501, relationship: 'customer-of' },
        { from: 64502, to: 64501, relationship: 'customer-of' },
      ],
    });
    expect(problems.sort()).toEqual(
      [
        'as-duplicate ases.4.asn',
        'isp-unknown ases.5.isp',
        'isp-duplicate isps.4.id',
        'as-unknown prefixes.3.asn',
        'prefix-host-bits-set prefixes.4.prefix',
        'prefix-malformed prefixes.5.prefix',
        'prefix-duplicate prefixes.6.prefix',
        'as-unknown links.3.to',
        'as-unknown links.4.from',
        'link-to-self links.5',
        'link-duplicate links.6',
      ].sort(),
    );
  });

  it('refuses circles of customers and providers, and names them', () => {
    const links = [
      { from: 64501, to: 64502, relationship: 'customer-of' },
      { from: 64502, to: 64500, relationship: 'customer-of' },
      { from: 64500, to: 64501, relationship: 'customer-of' },
      { from: 64499, to: 64501, relationship: 'customer-of' },
    ];
    expect(problemsOf({ links })).toEqual(['provider-cycle links.2']);
    expect(() => createAsGraph({ ...file, links })).toThrow(/64501 -> 64502 -> 64500 -> 64501/);
  });

  it('takes several ways to the same provider, and circles of peers', () => {
    const diamond = [
      { from: 64499, to: 64501, relationship: 'customer-of' },
      { from: 64499, to: 64502, relationship: 'customer-of' },
      { from: 64501, to: 64500, relationship: 'customer-of' },
      { from: 64502, to: 64500, relationship: 'customer-of' },
      { from: 64501, to: 64502, relationship: 'peer' },
    ];
    expect(problemsOf({ links: diamond })).toEqual([]);
    const peers = [
      { from: 64499, to: 64501, relationship: 'peer' },
      { from: 64501, to: 64502, relationship: 'peer' },
      { from: 64502, to: 64499, relationship: 'peer' },
    ];
    expect(problemsOf({ links: peers })).toEqual([]);
  });

  it('takes a chain of providers as long as it is', () => {
    const asns = Array.from({ length: 20_000 }, (_, index) => index + 1);
    const ases = asns.map((asn) => ({ asn, name: `AS ${asn}`, isp: 'sp1' }));
    const links = asns.slice(1).map((asn) => ({ from: asn - 1, to: asn, relationship: 'customer-of' }));
    expect(problemsOf({ ases, prefixes: [], links })).toEqual([]);
    const closing = { from: 20_000, to: 1, relationship: 'customer-of' };
    expect(problemsOf({ ases, prefixes: [], links: [...links, closing] })).toEqual([
      'provider-cycle links.19999',
    ]);
  });

  it.each([
    ['another version', { version: 2 }, 'version'],
    ['AS number 0', { ases: [{ asn: 0, name: 'Zero', isp: 'sp1' }] }, 'ases.0.asn'],
    ['an AS number past 32 bits', { ases: [{ asn: 2 ** 32, name: 'Big', isp: 'sp1' }] }, 'ases.0.asn'],
    ['a fraction of an AS number', { ases: [{ asn: 1.5, name: 'Half', isp: 'sp1' }] }, 'ases.0.asn'],
    ['an AS without a name', { ases: [{ asn: 1, name: '', isp: 'sp1' }] }, 'ases.0.name'],
    ['an ISP id in capitals', { isps: [{ id: 'SP1', name: 'SP1' }] }, 'isps.0.id'],
    ['an ISP id with a space', { isps: [{ id: 'sp 1', name: 'SP1' }] }, 'isps.0.id'],
    ['a country name', { ases: [{ asn: 1, name: 'A', isp: 'sp1', country: 'Portugal' }] }, 'ases.0.country'],
    [
      'another relationship',
      { links: [{ from: 1, to: 2, relationship: 'sibling' }] },
      'links.0.relationship',
    ],
    ['an unknown field', { prefixes: [{ prefix: '127.1.0.0/16', asn: 64501, as: 1 }] }, 'prefixes.0'],
    ['no links', { links: undefined }, 'links'],
  ])('refuses %s', (_what, change, path) => {
    expect(problemsOf(change)).toContain(`shape ${path}`);
  });

  it.each([undefined, null, 'text', [], 1])('refuses %j', (json) => {
    expect(() => createAsGraph(json)).toThrow(expect.objectContaining({ code: 'as-graph-invalid' }));
  });

  it('says the place and the number of problems in the message', () => {
    const prefixes = [
      { prefix: '127.1.0.0/16', asn: 1 },
      { prefix: '127.2.0.0/16', asn: 2 },
    ];
    expect(() => createAsGraph({ ...file, prefixes })).toThrow(
      'AS graph: prefixes.0.asn: AS 1 of prefix 127.1.0.0/16 is not in ases (and 1 more)',
    );
  });
});
