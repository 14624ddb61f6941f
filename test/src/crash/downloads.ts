import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CrashNetwork, CrashTitle } from './network.js';
import type { AgentVictim } from './service-process.js';

const TITLE_BYTES = 4 * 1024 * 1024;
/** Between two attempts: the agent was killed, or its coordinator. */
const RETRY_MS = 100;
/** A title that nobody gets in so long: something is broken for good. */
const TITLE_TIMEOUT_MS = 120_000;

/** A title that an agent has whole, and which was compared with the original. */
export interface Delivered {
  readonly agent: AgentVictim;
  readonly title: CrashTitle;
  readonly isRight: boolean;
}

export interface Downloads {
  /** Lets each agent finish what it downloads now; all that was delivered. */
  finish(): Promise<Delivered[]>;
}

/** All agents download title after title, each again and again until it is there. */
export function startDownloads({ agents, publish }: CrashNetwork): Downloads {
  const titles: Promise<CrashTitle>[] = [];
  const delivered: Delivered[] = [];
  let isOver = false;

  const deliver = async (agent: AgentVictim, title: CrashTitle): Promise<void> => {
    const output = join(agent.dataDirectory, 'output.bin');
    const endMs = performance.now() + TITLE_TIMEOUT_MS;
    for (;;) {
      try {
        await agent.control.download({ reference: title.id, output }, () => undefined);
        break;
      } catch (error) {
        if (performance.now() > endMs)
          throw new Error(`${agent.name} never got ${title.id}`, { cause: error });
        await sleep(RETRY_MS);
      }
    }
    const isRight = (await readFile(output)).equals(title.bytes);
    await rm(output);
    delivered.push({ agent, title, isRight });
  };
  const running = agents.map(async (agent) => {
    for (let index = 0; !isOver; index++) {
      titles[index] ??= publish(TITLE_BYTES);
      await deliver(agent, await titles[index]!);
    }
  });
  // Who waits for them hears of it later.
  for (const one of running) one.catch(() => undefined);
  return {
    async finish() {
      isOver = true;
      await Promise.all(running);
      return delivered;
    },
  };
}
