import { describe, expect, it } from 'vitest';
import { runVirtualSwarm } from './virtual-swarm.js';

const MIB = 1024 * 1024;

// Virtual time, but real work: 384 MiB are hashed.
describe('a swarm that starts with nothing', { timeout: 120_000 }, () => {
  it.each([1, 2])(
    'comes near the fluid bound, spares the edge, and enters each ISP about once (seed %i)',
    async (seed) => {
      const result = await runVirtualSwarm({
        agentsPerIsp: [4, 4, 4],
        sizeBytes: 32 * MIB,
        uplinkBitsPerSecond: 10e6,
        edgeBitsPerSecond: 20e6,
        downlinkBitsPerSecond: 50e6,
        seed,
      });
      const boundMs = (12 * 32 * MIB * 8000) / (20e6 + 12 * 10e6);
      expect(result.agents.length).toBe(12);
      expect(boundMs / result.lastFinishMs).toBeGreaterThan(0.85);
      expect(result.offload).toBeGreaterThan(0.8);
      expect(result.copiesPerIsp).toBeLessThan(1.4);
      expect(result.edgeBytes).toBe(result.edgeSentBytes);
    },
  );

  it('serves an ISP without uplinks from the uplinks of others, before the edge', async () => {
    const result = await runVirtualSwarm({
      agentsPerIsp: [3, 3, 3],
      sizeBytes: 16 * MIB,
      uplinkBitsPerSecond: 30e6,
      edgeBitsPerSecond: 40e6,
      downlinkBitsPerSecond: 100e6,
      noUplinks: [2],
      seed: 5,
    });
    const boundMs = (9 * 16 * MIB * 8000) / (40e6 + 6 * 30e6);
    expect(result.agents.length).toBe(9);
    expect(boundMs / result.lastFinishMs).toBeGreaterThan(0.6);
    expect(result.offload).toBeGreaterThan(0.7);
    expect(result.edgeBytes).toBe(result.edgeSentBytes);
  });
});
