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
    path: (source, destination) =>
      source === 64501 && destination === 64502 ? [64501, 64500, 64502] : undefined,
  });
  const routed = networks.paths();
  expect(routed).not.toBe(inferred);
  expect(routed.path(64501, 64502)).toEqual([64501, 64500, 64502]);
  expect(routed.basis(64501, 64502)).toBe('bgp');
  expect(routed.path(64502, 64501)).toEqual([64502, 64501]);
  expect(routed.basis(64502, 64501)).toBe('inferred');
  // No address is another network's by that.
  expect(told).toBe(0);
  networks.replace(createAsGraph(testGraph));
  expect(networks.paths().basis(64501, 64502)).toBe('bgp');
  networks.replaceRoutes(undefined);
  expect(networks.paths().path(64501, 64502)).toEqual([64501, 64502]);
  expect(told).toBe(1);
});
