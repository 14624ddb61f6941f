import { createAsGraph } from '@fairhop/shared/net';
import { expect, it } from 'vitest';
import { createNetworkMap } from './network-map.js';
import { testGraph } from './test-kit.js';

it('asks BGP first and infers what no RIB knows, and gives other paths when routes change', () => {
  const networks = createNetworkMap(createAsGraph(testGraph));
  let told = 0;
  networks.onChange(() => {
    told += 1;
  });
  const inferred = networks.paths();
  expect(inferred.path(64501, 64502)).toEqual([64501, 64502]);
  expect(inferred.basis(64501, 64502)).toBe('inferred');
  networks.replaceRoutes({
    originsOf: () => undefined,
    pathTo: (source, destination) =>
      source === 64501 && destination === 64502 ? [64501, 64500, 64502] : undefined,
  });
  const routed = networks.paths();
  expect(routed).not.toBe(inferred);
  expect(routed.path(64501, 64502)).toEqual([64501, 64500, 64502]);
  expect(routed.basis(64501, 64502)).toBe('bgp');
  expect(routed.path(64502, 64501)).toEqual([64502, 64501]);
  expect(routed.basis(64502, 64501)).toBe('inferred');
  // Addresses may be in other networks by that.
  expect(told).toBe(1);
  networks.replace(createAsGraph(testGraph));
  expect(networks.paths().basis(64501, 64502)).toBe('bgp');
  networks.replaceRoutes(undefined);
  expect(networks.paths().path(64501, 64502)).toEqual([64501, 64502]);
  expect(told).toBe(3);
});

it('infers over relationships that others tell where the graph’s links know no way', () => {
  const networks = createNetworkMap(createAsGraph(testGraph), [
    { from: 65010, to: 64500, relationship: 'customer-of' },
    { from: 64501, to: 64496, relationship: 'peer' },
  ]);
  expect(networks.paths().path(64501, 65010)).toEqual([64501, 64500, 65010]);
  expect(networks.paths().basis(64501, 65010)).toBe('inferred');
  // The operator's links know this one.
  expect(networks.paths().path(64501, 64496)).toEqual([64501, 64500, 64496]);
});
