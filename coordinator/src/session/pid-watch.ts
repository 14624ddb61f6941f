import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Swarm } from '../swarm/index.js';
import type { AltoKnowledge } from './dependencies.js';

/** Keeps agents at the PIDs that ISPs' maps give to their addresses now; running grants stay. */
export interface PidWatch {
  start(): void;
  stop(): void;
}

/** Some milliseconds of work between two turns of the event loop. */
const SLICE = 1_000;

export function createPidWatch(
  swarm: Swarm,
  alto: AltoKnowledge,
  onError: (error: unknown) => void,
): PidWatch {
  let end: (() => void) | undefined;
  let isRunning = false;
  /** Grows with each change of a map: what was begun before is not finished. */
  let revision = 0;

  const replaceAll = async (): Promise<void> => {
    const started = revision;
    let placed = 0;
    for (const key of [...swarm.agents.keys()]) {
      const agent = swarm.agents.get(key);
      if (agent) swarm.replacePids(key, alto.pidsOf(agent.address));
      placed += 1;
      if (placed % SLICE === 0) await nextTurn();
      if (revision !== started || end === undefined) return;
    }
  };
  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    try {
      let done: number | undefined;
      while (done !== revision && end !== undefined) {
        const started = revision;
        await replaceAll();
        done = started;
      }
    } catch (error) {
      onError(error);
    } finally {
      isRunning = false;
    }
  };
  return {
    start() {
      end = alto.onChange(() => {
        revision += 1;
        void run();
      });
    },
    stop() {
      end?.();
      end = undefined;
    },
  };
}
