import type { CoordinatorMessage } from '@fairhop/shared/contract';
import type { AgentKey } from '@fairhop/shared/model';
import type { GrantDesk } from '../grant/index.js';
import type { QuarantineBook } from '../quarantine/index.js';
import type { Swarm } from '../swarm/index.js';
import type { Revocation } from './revocation.js';

/** Keeps swarm, grants and agents in step with who is in quarantine. */
export interface QuarantineWatch {
  /** Ends grants that a former process left to agents in quarantine, and follows changes from now on. */
  start(): void;
  stop(): void;
  /** After its welcome: an agent that comes back stays in quarantine. */
  admitted(agent: AgentKey): void;
  /** Releases those whose time is over. */
  tick(): void;
}

export function createQuarantineWatch({
  book,
  swarm,
  desk,
  revocation,
  send,
}: {
  book: QuarantineBook;
  swarm: Swarm;
  desk: GrantDesk;
  revocation: Revocation;
  send: (to: AgentKey, message: CoordinatorMessage) => void;
}): QuarantineWatch {
  let end: (() => void) | undefined;

  const revokeAll = (agent: AgentKey): void => {
    const grants = [...desk.running.ofUploader(agent), ...desk.running.ofDownloader(agent)];
    revocation.revokeAll(grants, 'quarantined', 'one of its ends is in quarantine');
  };
  const hold = (agent: AgentKey): void => {
    const quarantine = book.of(agent);
    swarm.update(agent, { isQuarantined: quarantine !== undefined });
    if (quarantine) revokeAll(agent);
    send(agent, {
      type: 'quarantine',
      quarantine: quarantine
        ? { reasons: quarantine.suspicions.map(({ message }) => message), untilMs: quarantine.untilMs }
        : null,
    });
  };

  return {
    start() {
      for (const agent of book.agents()) revokeAll(agent);
      end = book.onChange(hold);
    },
    stop() {
      end?.();
      end = undefined;
    },
    admitted(agent) {
      if (book.isHeld(agent)) hold(agent);
    },
    tick: book.expire,
  };
}
