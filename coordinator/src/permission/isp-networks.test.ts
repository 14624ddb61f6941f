import { createAsGraph } from '@fairhop/shared/net';
import { describe, expect, it } from 'vitest';
import { createIspNetworks } from './isp-networks.js';

const graph = createAsGraph({
  version: 1,
  ases: [
    { asn: 1, name: 'One', isp: 'one' },
    { asn: 2, name: 'Two', isp: 'two' },
    { asn: 3, name: 'One too', isp: 'one' },
  ],
  isps: [
    { id: 'one', name: 'One' },
    { id: 'two', name: 'Two' },
  ],
  prefixes: [
    { prefix: '10.0.0.0/9', asn: 1 },
    { prefix: '10.128.0.0/9', asn: 3 },
    { prefix: '10.5.0.0/16', asn: 2 },
    { prefix: '2001:db8::/32', asn: 1 },
  ],
  links: [],
});
const networks = createIspNetworks(() => graph);

describe('an ISP’s networks', () => {
  it('contain what lies within its prefixes, also across two that touch', () => {
    expect(networks.contain('one', ['10.1.0.0/16', '10.0.0.0/8', '2001:db8:1::/48'])).toBe(true);
    expect(networks.contain('two', ['10.5.1.0/24'])).toBe(true);
  });

  it.each([
    ['one', '11.0.0.0/8'],
    ['one', '0.0.0.0/0'],
    ['one', '10.5.1.0/24'],
    ['two', '10.4.0.0/15'],
    ['two', '2001:db8::/48'],
    ['three', '10.1.0.0/16'],
  ])('of %s do not contain %s', (isp, network) => {
    expect(networks.contain(isp, [network])).toBe(false);
    expect(() => networks.require(isp, ['10.0.0.0/8', network], 'body.networks')).toThrow(
      expect.objectContaining({
        code: 'network-not-of-isp',
        status: 422,
        errors: expect.arrayContaining([expect.objectContaining({ path: 'body.networks.1' })]),
      }),
    );
  });

  it('say what would be right instead of a prefix with host bits', () => {
    expect(() => networks.require('one', ['10.1.0.1/16'], 'body.networks')).toThrow(
      expect.objectContaining({
        code: 'network-malformed',
        errors: [{ path: 'body.networks.0', message: expect.stringContaining('10.1.0.0/16') }],
      }),
    );
  });
});
