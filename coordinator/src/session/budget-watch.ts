import type { BudgetActions } from '../budget-actions/index.js';
import type { GrantDesk, RunningGrant } from '../grant/index.js';
import type { Sessions } from './agent-session.js';
import type { Revocation } from './revocation.js';

/** Ends running transfers that a budget does not allow any more. */
export interface BudgetWatch {
  start(): void;
  stop(): void;
}

/** Hours close by the clock, and nobody tells. */
const TICK_MS = 1_000;

export function createBudgetWatch({
  budgets,
  sessions,
  desk,
  revocation,
}: {
  budgets: BudgetActions;
  sessions: Sessions;
  desk: GrantDesk;
  revocation: Revocation;
}): BudgetWatch {
  let end: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;

  const isAllowed = ({ titleId, category, downloader }: RunningGrant): boolean => {
    const session = sessions.get(downloader);
    const [owner = ''] = titleId.split('/');
    const client = {
      agent: downloader,
      isp: session?.place?.isp ?? null,
      ...(session && { address: session.connection.address }),
    };
    return budgets.arePeersAllowed({ id: titleId, owner, category }, client);
  };
  const enforce = (): void => {
    if (budgets.inForce().orders.length === 0) return;
    const over = desk.running.matching((grant) => !isAllowed(grant));
    revocation.revokeAll(over, 'budget', "the owner's budget does not allow it any more");
  };
  return {
    start() {
      end = budgets.onChange(enforce);
      timer = setInterval(enforce, TICK_MS);
      enforce();
    },
    stop() {
      end?.();
      clearInterval(timer);
    },
  };
}
