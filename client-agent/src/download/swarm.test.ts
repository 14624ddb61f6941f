import { describe, expect, it } from 'vitest';
import { runVirtualSwarm } from './virtual-swarm.js';

const MIB = 1024 * 1024;

describe('a swarm that starts with nothing', () => {
  it('comes near the fluid bound, spares the edge, and enters each ISP about once', async () => {
    for (const seed of [1, 2, 3]) {
      const result = await runVirtualSwarm({
        agentsPerIsp: [4, 4, 4],
        sizeBytes: 32 * MIB,
        uplinkBitsPerSecond: 10e6,
        edgeBitsPerSecond: 20e6,
        downlinkBitsPerSecond: 50e6,
        seed,
      });
      const boundMs = (12 * 32 * MIB * 8000) / (20e6 + 12 * 10e6);
      console.log(seed, boundMs / result.lastFinishMs, result.offload, result.copiesPerIsp, result.wastedBytes, result.agents.map((a) => Math.round(a.finishedMs!)).join(' '));
      expect(result.agents.length).toBe(12);
      expect(boundMs / result.lastFinishMs).toBeGreaterThan(0.7);
      expect(result.offload).toBeGreaterThan(0.8);
      expect(result.copiesPerIsp).toBeLessThan(1.5);
    }
  });
});
