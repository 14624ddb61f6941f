import { forEachConcurrently, runCommand } from '../build/run-command.js';
import { nodesOf } from '../build/wiring.js';
import { type Internet, namespaceOf } from '../internet-model.js';
import type { LabReport } from '../measure/report.js';

interface QueueStatistics {
  readonly dev: string;
  readonly drops?: number;
}

/**
 * Packets that full queues dropped: on the way up they never come to a counter, on the way down they were counted, and are again
 * when they are sent anew, which nobody can report.
 */
export async function readDrops(internet: Internet): Promise<LabReport['droppedPackets']> {
  const routers = new Set(internet.routers.map(({ name }) => name));
  const access = new Set(internet.hosts.map(({ gateway }) => `${gateway.router} ${gateway.interface}`));
  const drops = { uplinks: 0, downlinks: 0, core: 0 };
  await forEachConcurrently(nodesOf(internet), async (node) => {
    const words = ['netns', 'exec', namespaceOf(node), 'tc', '-s', '-j', 'qdisc', 'show'];
    const queues = JSON.parse(await runCommand('ip', words)) as QueueStatistics[];
    for (const { dev, drops: dropped = 0 } of queues) {
      const line = !routers.has(node) ? 'uplinks' : access.has(`${node} ${dev}`) ? 'downlinks' : 'core';
      drops[line] += dropped;
    }
  });
  return drops;
}
