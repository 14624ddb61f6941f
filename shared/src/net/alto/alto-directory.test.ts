import { expect, it } from 'vitest';
import { altoDirectorySchema } from '../../model/alto.js';
import { findAltoMaps } from './alto-directory.js';

const costTypes = {
  numbers: { 'cost-mode': 'numerical', 'cost-metric': 'routingcost' },
  order: { 'cost-mode': 'ordinal', 'cost-metric': 'routingcost' },
  hops: { 'cost-mode': 'numerical', 'cost-metric': 'hopcount' },
};
const networkMap = (uri: string, more: object = {}) => ({
  uri,
  'media-type': 'application/alto-networkmap+json',
  ...more,
});
const costMap = (uri: string, type: string, uses: string, more: object = {}) => ({
  uri,
  'media-type': 'application/alto-costmap+json',
  capabilities: { 'cost-constraints': true, 'cost-type-names': [type] },
  uses: [uses],
  ...more,
});
const find = (resources: object, meta: object = {}) =>
  findAltoMaps(
    altoDirectorySchema.parse({ meta: { 'cost-types': costTypes, ...meta }, resources }),
    'https://alto.sp1.example/maps/directory',
  );

it('finds the default network map and the whole cost map of routing costs that goes with it', () => {
  const resources = {
    other: networkMap('/other'),
    network: networkMap('network'),
    filtered: networkMap('/filtered', { accepts: 'application/alto-networkmapfilter+json' }),
    properties: { uri: '/properties', 'media-type': 'application/alto-endpointprop+json', capabilities: {} },
    ofOther: costMap('/of-other', 'numbers', 'other'),
    hops: costMap('/hops', 'hops', 'network'),
    some: costMap('/some', 'numbers', 'network', { accepts: 'application/alto-costmapfilter+json' }),
    order: costMap('https://costs.sp1.example/order', 'order', 'network'),
  };
  const meta = { 'default-alto-network-map': 'network' };
  expect(find(resources, meta)).toEqual({
    networkMapUrl: 'https://alto.sp1.example/maps/network',
    costMapUrl: 'https://costs.sp1.example/order',
  });
  const withNumbers = { ...resources, numbers: costMap('/numbers', 'numbers', 'network') };
  expect(find(withNumbers, meta).costMapUrl).toBe('https://alto.sp1.example/numbers');
});

it.each([
  ['no default among several', { one: networkMap('/1'), two: networkMap('/2') }],
  ['no cost map', { one: networkMap('/1'), costs: costMap('/c', 'hops', 'one') }],
  ['a cost type of nobody', { one: networkMap('/1'), costs: costMap('/c', 'constructor', 'one') }],
  [
    'a map that is not on the web',
    { one: networkMap('file:///etc/x'), costs: costMap('/c', 'numbers', 'one') },
  ],
])('refuses %s', (_what, resources) => {
  expect(() => find(resources)).toThrow(
    expect.objectContaining({ code: 'alto-directory-incomplete', status: 422 }),
  );
});
