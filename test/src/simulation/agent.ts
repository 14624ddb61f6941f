import { join } from 'node:path';
import { createTransferRecorder, createUploadRecorder, openOutbox } from '@fairhop/client-agent/testing';
import { MAX_PART_MS } from '@fairhop/shared/model';
import type { AgentFacts, SimulatedAgent } from './model.js';
import type { Chance } from './random.js';

export function createAgent(
  facts: AgentFacts,
  { nowMs, directory, chance }: { nowMs: () => number; directory: string; chance: Chance },
): SimulatedAgent {
  const identity = chance.identity();
  const outbox = openOutbox(':memory:', { warn: () => undefined });
  const open = () => ({
    uploads: createUploadRecorder(
      { file: join(directory, identity.key), identity },
      { outbox, nowMs, onStated: () => undefined },
    ),
    downloads: createTransferRecorder(outbox, MAX_PART_MS),
  });
  const agent: SimulatedAgent = {
    ...facts,
    ...open(),
    identity,
    incarnation: chance.uuid(),
    outbox,
    permit: null,
    isUp: true,
    runs: 1,
    offlineUntilMs: 0,
    cutOffUntilMs: 0,
    isLingering: facts.conduct.isTwofold ?? false,
    sendsTwice: chance.oneIn(8),
    sendsInAnyOrder: chance.oneIn(8),
    held: new Set(),
    running: new Set(),
    unreported: new Set(),
    crash() {
      agent.isUp = false;
      agent.uploads.close();
    },
    restart() {
      Object.assign(agent, open(), { isUp: true, runs: agent.runs + 1 });
    },
    stop() {
      if (agent.isUp) agent.uploads.close();
      outbox.close();
    },
  };
  return agent;
}
