import { join } from 'node:path';
import {
  createTransferRecorder,
  createUploadRecorder,
  type Outbox,
  openOutbox,
  type TransferRecorder,
  type UploadRecorder,
} from '@fairhop/client-agent/testing';
import { type Identity, identityFromSeed } from '@fairhop/shared/crypto';
import { MAX_PART_MS, type Permit, type TitleId } from '@fairhop/shared/model';
import type { Conduct } from './conduct.js';
import type { Chance } from './random.js';
import type { Transfer } from './transfer.js';

export interface AgentFacts {
  readonly address: string;
  readonly isp: number;
  readonly conduct: Conduct;
  readonly upBitsPerSecond: number;
  readonly downBitsPerSecond: number;
  readonly slots: number;
  readonly permitToken?: string | undefined;
  /** What its ISP permits nobody, or what it sends from elsewhere: the address that others see its uploads come from. */
  readonly sendsFrom?: string | undefined;
}

/** One agent: its key, what it keeps on disk, and what of it runs. */
export interface SimulatedAgent extends AgentFacts {
  readonly identity: Identity;
  readonly outbox: Outbox;
  /** Its address now. */
  address: string;
  isp: number;
  permit: Permit | null;
  isUp: boolean;
  /** How often it was started. */
  runs: number;
  /** Until then nothing of it reaches accounting. */
  offlineUntilMs: number;
  readonly sendsTwice: boolean;
  readonly sendsInAnyOrder: boolean;
  readonly held: Set<TitleId>;
  readonly running: Set<Transfer>;
  uploads: UploadRecorder;
  downloads: TransferRecorder;
  /** Of transfers that ended and were not reported since. */
  readonly unreported: Set<Transfer>;
  /** kill -9: nothing that runs is told the end. */
  crash(): void;
  /** What was under way is closed with what is on disk. */
  restart(): void;
  stop(): void;
}

export function createAgent(
  facts: AgentFacts,
  { nowMs, directory, chance }: { nowMs: () => number; directory: string; chance: Chance },
): SimulatedAgent {
  const identity = identityFromSeed(chance.bytes(32));
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
    outbox,
    permit: null,
    isUp: true,
    runs: 1,
    offlineUntilMs: 0,
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
